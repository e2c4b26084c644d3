"""An open smart speaker for the Raspberry Pi.

The floors of the house; imports go down only:

    __main__   the command line
    demo       the whole daemon against parts it brings along; remote, a running daemon through the broker;
               costs, a month of its ledger
    app        config, parts, one TaskGroup
    assistant  the conductor: inbox, conversation, posture
    dialogue   one session of it; beside it hub, home, router, turns and toolbelt, each one part of the work
    accounts   what conversations cost; purse, what the budgets allow; localfirst, what needs no cloud
    adapters   one outside thing each; none knows another
    offline    the embedded Realtime server, reached through a socket like the cloud
    core       pure ground: no asyncio, thread, socket, clock or file
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("speaker")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+checkout"
