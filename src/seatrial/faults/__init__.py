"""Faults of the network: Toxiproxy, real or embedded, behind one adapter; a catalogue of faults."""
