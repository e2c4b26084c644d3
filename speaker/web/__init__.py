"""The speaker's own web page.

About: what it shows, who may see it, and how it gets there. Everything in it is an observer or an existing command.
Imports: everything below. aiohttp is imported only where requests are answered, and that only if the page is on.
Begin with ``page_server``.
"""
