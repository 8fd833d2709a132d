"""The portfolio plan: what to order, when and from whom, proven by cuts."""
