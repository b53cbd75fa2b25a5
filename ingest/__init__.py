"""Take readings in and keep them: message sources and the time-series stores."""
