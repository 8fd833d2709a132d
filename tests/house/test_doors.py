"""A room is entered by its door, and every foreign library has one door."""

from __future__ import annotations

import subprocess
import sys

SINGLE_FILE_ROOMS = {"errors", "units"}
LARGEST_DOOR = 32  # rooms that show one type or step a component, or one verb an analysis
USUAL_DOOR = 16
# Named sets inside a room that have a door of their own: what computes in a hall, transforms of a portfolio, the
# portfolio plan, the types of its answers, and programmes written out.
SUB_DOORS = {
    "wattstack.campus.compute",
    "wattstack.physics.chain",
    "wattstack.physics.compute",
    "wattstack.physics.fit_load",
    "wattstack.portfolio.variants",
    "wattstack.plan.portfolio",
    "wattstack.plan.portfolio.answers",
    "wattstack.dispatch.linear",
    *(
        f"wattstack.operate.{part}"
        for part in (
            "alarms",
            "audit",
            "campaign",
            "commission",
            "devices",
            "face",
            "guard",
            "historian",
            "link",
            "north",
            "planner",
            "simulated",
        )
    ),
    "wattstack.prove.compliance",
    "wattstack.prove.smoothing",
    "wattstack.prove.proof",
    "wattstack.twin.queue",
    "wattstack.twin.transient",
}
# Compiled functions call each other across rooms (the twin's loop calls the battery, the rules, the horizon): a file of
# a `kernel` folder is its own door, downwards only, as import-linter keeps it.
KERNELS = (
    "wattstack.physics.kernel.",
    "wattstack.control.kernel.",
    "wattstack.dispatch.kernel.",
    "wattstack.twin.kernel.",
)

# Where a foreign library may be imported: files whose path below src/wattstack starts so.
DOORS = {
    "pydantic": (
        "campus/",
        "portfolio/",
        "operate/devices/form.py",
        "operate/link",
        "operate/face",
        "operate/north",
    ),
    "ruamel": ("campus/file.py", "campus/document.py", "portfolio/file.py", "library/"),
    "pvlib": ("physics/solar.py", "series/"),
    "numba": ("dispatch/kernel", "plan/kernel", "physics/", "control/kernel", "twin/kernel", "prove/kernel"),
    "highspy": ("dispatch/linear", "plan/master", "plan/portfolio/program", "plan/portfolio/peaks"),
    "piqp": ("dispatch/linear",),
    "scipy": ("dispatch/linear", "plan/master", "plan/portfolio/program", "prove/compliance"),
    "plotly": ("report/figures",),
    "xlsxwriter": ("report/",),
    "pyarrow": ("series/", "plan/", "report/", "operate/historian/export"),
    "psycopg": ("operate/historian/postgres",),
    "zstandard": ("operate/historian/", "operate/guard/re"),  # record, replay
    "click": ("cli/",),
    "rich": ("cli/", "work/"),
    "dask": ("work/",),
    "pymodbus": ("operate/devices/rtu",),
    "openadr3_client": ("operate/north/openadr/transport",),
    "jwt": ("operate/north/dsx/keys",),
    "aiomqtt": ("operate/devices/mqtt", "operate/north"),
    "distributed": ("work/",),
    "starlette": ("operate/face/",),
    "uvicorn": ("operate/face/",),
    "argon2": ("operate/face/",),
    "prometheus_client": ("operate/face/",),
}
HEAVY = (
    "numpy",
    "pandas",
    "pyarrow",
    "pvlib",
    "numba",
    "scipy",
    "highspy",
    "piqp",
    "plotly",
    "pydantic",
    "rich",
    "ruamel",
    "distributed",
    "dask",
)


def test_a_room_is_entered_by_its_door(house):
    faults = []
    for name, tree in house.trees.items():
        for line, module, _ in house.imports(tree):
            if module.startswith("."):
                faults.append(f"{name}:{line} imports {module}: write the full name")
                continue
            parts = module.split(".")
            inner = parts[0] == "wattstack" and len(parts) > 2 and module not in SUB_DOORS
            inner = inner and not (module + ".").startswith(KERNELS)
            if inner and parts[1] != house.room_of(name) and parts[1] not in SINGLE_FILE_ROOMS:
                faults.append(f"{name}:{line} reaches into {module}: take it from wattstack.{parts[1]}")
    assert not faults, "\n".join(faults)


def test_a_door_shows_few_names_and_only_names_that_exist(house):
    from importlib import import_module

    for name in house.trees:
        if not name.endswith("/__init__.py"):
            continue
        door = import_module("wattstack." + name.removesuffix("/__init__.py").replace("/", "."))
        shown = getattr(door, "__all__", [])
        most = (
            LARGEST_DOOR
            if name
            in (
                "campus/__init__.py",
                "control/__init__.py",
                "physics/__init__.py",
                "portfolio/__init__.py",
                "plan/portfolio/__init__.py",
                "series/__init__.py",
            )
            else USUAL_DOOR
        )
        assert len(shown) <= most, f"{name} shows {len(shown)} names, at most {most}"
        for word in shown:
            assert getattr(door, word) is not None, f"{name}: {word}"


def test_a_foreign_library_has_one_door(house):
    faults = []
    for name, tree in house.trees.items():
        for line, module, _ in house.imports(tree):
            allowed = DOORS.get(module.split(".")[0])
            if allowed and not name.startswith(allowed):
                faults.append(f"{name}:{line} imports {module}, which is used in {', '.join(allowed)} only")
    assert not faults, "\n".join(faults)


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from wattstack.cli.app import run; code = run(['--help']); "
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "check" in done.stdout
