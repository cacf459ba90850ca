"""One room per format; each reads its bytes into, or writes them from, the model of kerasfmt.ir."""
