"""Realtime events in both directions as typed structs: a struct is the schema.

``objects``  what events carry: session, items, responses, usage
``client``   what a client sends
``server``   what a server sends
``beta``     the older dialect, as a renaming of this one
``lenient``  structs from objects that are not quite as they should be
``codec``    bytes to struct and back, and what is wrong with bytes that are neither

Source of every name and type: the GA protocol as the official Python SDK's models have it; a test
holds each event against those models.
"""
