"""The people's side: shows the board, sends acts. Decides nothing."""
