"""How soon and how surely the end of a turn is found: silence of several lengths beside the model that judges.

``python -m tests.bench.endpointing CHECKOUT --state FOLDER`` takes sentences from a checkout of
github.com/home-assistant/intents and the model from a state directory (``speaker model add smart-turn``). Each sentence
is said by several voices: as it is, with a pause cut into it at a word, and with a pause after a beginning that was
spoken for itself. ``--human`` adds people: a folder of WAV files, each beside an ``.scv`` that tells where somebody
speaks, as in the test set of github.com/TEN-framework/ten-vad.

More voices come from programs: ``--voice "slt=flite_cmu_us_slt -t {text} -o {file}"``. What they said is kept in
``--kept``, since speaking takes longer than judging.
"""
