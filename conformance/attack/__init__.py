"""Attacks on savers and readers: what may happen to a file, and what somebody may put in its way.

    savers.py      what is saved and read back: each format, with a number in every part
    processes.py   children of this process
    steps.py       a process that dies at a chosen step
    full_disk.py   the disk of a saver is full at each level
    kills.py       a saver is killed at every step
    planted.py     links, folders, files and pipes where a save goes
    published.py   each published attack on the formats: files that are made in hostile/
    races.py       two savers, of which one is killed now and then, and a reader
    command.py     the command, and the table ATTACKS.md

An attack is a module with a function `attack(long)`, which gives a Result for each victim.
"""
