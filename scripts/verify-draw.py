#!/usr/bin/env python3
"""Verifies a draw: verify-draw.py CAMPAIGN.json REGISTRATIONS.json... as GetCampaign and
ListRegistrations print them. Winners are those with the lowest SHA-256 of seed and wallet number."""
import hashlib
import json
import sys

files = [json.load(open(name)) for name in sys.argv[1:]]
campaign = files[0]["campaign"]
seed = bytes.fromhex(campaign["draw"]["seed"])
if hashlib.sha256(seed).hexdigest() != campaign["terms"]["commitment"]:
    sys.exit("the seed is not the one that was committed to")
entries = [entry for page in files[1:] for entry in page["registrations"]]
ticket = lambda entry: hashlib.sha256(seed + entry["walletNumber"].encode()).digest()
expected = sorted(entries, key=ticket)[: campaign["terms"]["winnerCount"]]
drawn = [entry for entry in entries if entry.get("won")]
if sorted(map(ticket, drawn)) != sorted(map(ticket, expected)):
    sys.exit("other wallets won than the seed and the registrations say")
print(f"ok: {len(drawn)} of {len(entries)} wallets won")
