"""The published figures the synthetic series are made from, with their sources.

Gives    Figures, FIGURES.
Used by  cli.starter.weather, cli.starter.market.

Months run from January to December. Shapes of the day and spreads are assumptions; they stand in the
files that use them.
"""

from __future__ import annotations

from dataclasses import dataclass

Months = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Monthly figures of one starter campus, shape (12,) each, January first.

    Attributes:
        latitude_deg, longitude_deg: Where the sun stands.
        zone: Local clock.
        start, days: First local day, number of days.
        price_step_h: Step of the price series [h].
        seed: Seed of every random draw.
        temp_air_degc: Mean temperature.
        temp_spread_degc: Standard deviation of a day's mean around the season (assumption).
        sunshine_h: Hours of bright sunshine a month.
        relative_humidity_frac: Mean relative humidity.
        wind_speed_m_s: Mean wind of the year.
        price: Mean price of each month, in price_unit.
        price_unit: "JPY/kWh" or "EUR/MWh".
        price_floor: Lowest price the market knows, None where prices go below zero.
        price_evening, price_morning, price_dip: Shape of the day as shares of the month's mean.
        glut_frac: How far prices fall in calm weeks, as a share of the month's mean.
        carbon_kg_per_mwh: Grid intensity, mean of the month.
        curtailed_days: Days on which the non-firm power is taken away in the evening (assumption).
    """

    latitude_deg: float
    longitude_deg: float
    zone: str
    start: str
    days: int
    price_step_h: float
    seed: int
    temp_air_degc: Months
    temp_spread_degc: float
    sunshine_h: Months
    relative_humidity_frac: Months
    wind_speed_m_s: float
    price: Months
    price_unit: str
    price_floor: float | None
    price_evening: Months
    price_morning: Months
    price_dip: Months
    glut_frac: float
    carbon_kg_per_mwh: Months
    curtailed_days: int


# Climate: Japan Meteorological Agency, Osaka, 1991-2020 (temperature, sunshine, humidity), wind rounded.
# Price: JEPX day-ahead, Kansai area, fiscal 2022 (April 2022 to March 2023): means by month of the published
#   half-hours, rounded to 0.1; mean of the year 19.5 JPY/kWh, 4 % of half-hours at the floor of 0.01.
# Carbon: level of a Kansai supplier's published factor, about 0.36 kg/kWh, flat over the year (assumption).
SAKAI = Figures(
    latitude_deg=34.58,
    longitude_deg=135.47,
    zone="Asia/Tokyo",
    start="2022-04-01",
    days=365,
    price_step_h=0.5,
    seed=20220401,
    temp_air_degc=(6.2, 6.6, 9.9, 15.2, 20.1, 23.6, 27.7, 29.0, 25.2, 19.5, 13.8, 8.7),
    temp_spread_degc=2.0,
    sunshine_h=(146.5, 140.6, 172.2, 192.6, 203.7, 154.3, 184.0, 222.4, 161.6, 166.1, 152.6, 152.1),
    relative_humidity_frac=(0.61, 0.60, 0.59, 0.58, 0.61, 0.68, 0.70, 0.66, 0.67, 0.65, 0.64, 0.62),
    wind_speed_m_s=2.4,
    price=(19.5, 15.3, 10.2, 17.4, 16.4, 19.8, 23.9, 24.5, 23.6, 19.9, 19.6, 24.0),
    price_unit="JPY/kWh",
    price_floor=0.01,
    price_evening=(0.28, 0.32, 0.45, 0.48, 0.35, 0.50, 0.52, 0.50, 0.52, 0.50, 0.32, 0.32),
    price_morning=(0.14, 0.18, 0.05, -0.05, -0.15, -0.15, -0.18, -0.15, -0.12, 0.05, 0.15, 0.18),
    price_dip=(0.75, 1.10, 1.45, 0.95, 0.80, 0.55, 0.40, 0.35, 0.50, 1.15, 1.00, 0.65),
    glut_frac=0.10,
    carbon_kg_per_mwh=(365.0, 365.0, 355.0, 350.0, 345.0, 355.0, 365.0, 365.0, 360.0, 355.0, 360.0, 365.0),
    curtailed_days=40,
)

# Climate: Meteo-France, Lille-Lesquin, 1991-2020 (temperature, sunshine, humidity, wind), all rounded.
# Price: day-ahead, bidding zone France, 2023: means by month of the published hours, rounded; mean of the
#   year 96.9 EUR/MWh, 147 hours below zero (ENTSO-E Transparency Platform).
# Carbon: France 2023, about 50 kg/MWh over the life cycle, higher in winter (assumption on the months).
BOSQUEL = Figures(
    latitude_deg=49.73,
    longitude_deg=2.22,
    zone="Europe/Paris",
    start="2023-01-01",
    days=365,
    price_step_h=1.0,
    seed=20230101,
    temp_air_degc=(4.1, 4.8, 7.5, 10.4, 13.7, 16.6, 18.8, 18.8, 15.7, 11.9, 7.7, 4.7),
    temp_spread_degc=2.8,
    sunshine_h=(62.0, 71.0, 122.0, 172.0, 194.0, 206.0, 211.0, 198.0, 155.0, 113.0, 65.0, 50.0),
    relative_humidity_frac=(0.87, 0.83, 0.79, 0.75, 0.76, 0.76, 0.75, 0.76, 0.80, 0.85, 0.88, 0.89),
    wind_speed_m_s=4.3,
    price=(132.0, 149.0, 112.0, 106.0, 78.0, 91.0, 78.0, 91.0, 89.0, 84.0, 89.0, 68.0),
    price_unit="EUR/MWh",
    price_floor=None,
    price_evening=(0.25, 0.22, 0.32, 0.32, 0.40, 0.35, 0.50, 0.45, 0.48, 0.50, 0.42, 0.30),
    price_morning=(0.15, 0.15, 0.20, 0.25, 0.25, 0.18, 0.15, 0.18, 0.28, 0.28, 0.20, 0.18),
    price_dip=(0.30, 0.40, 0.40, 0.45, 0.70, 0.50, 0.60, 0.42, 0.55, 0.50, 0.25, 0.20),
    glut_frac=0.45,
    carbon_kg_per_mwh=(62.0, 66.0, 54.0, 50.0, 42.0, 40.0, 42.0, 40.0, 46.0, 50.0, 56.0, 50.0),
    curtailed_days=30,
)

FIGURES = {"sakai": SAKAI, "bosquel": BOSQUEL}
