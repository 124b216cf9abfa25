"""A relay that makes a host seem far away: what it takes from either side it hands on later."""
import asyncio
import contextlib
import threading


async def carry(reader, writer, seconds):
    """Each piece so many seconds after it came, in order."""
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()

    async def deliver():
        while True:
            due, piece = await queue.get()
            await asyncio.sleep(due - loop.time())
            if not piece:
                writer.close()
                return
            writer.write(piece)
            await writer.drain()

    delivering = asyncio.create_task(deliver())
    piece = b"-"
    while piece:
        try:
            piece = await reader.read(65536)
        except ConnectionError:
            piece = b""
        queue.put_nowait((loop.time() + seconds, piece))
    with contextlib.suppress(ConnectionError):
        await delivering


@contextlib.contextmanager
def far(address, port, round_trip):
    """A port of 127.0.0.1 behind which the address seems to be `round_trip` seconds away."""
    ready, found = threading.Event(), []

    async def serve():
        async def connection(reader, writer):
            other_reader, other_writer = await asyncio.open_connection(address, port)
            await asyncio.gather(carry(reader, other_writer, round_trip / 2), carry(other_reader, writer, round_trip / 2))

        server = await asyncio.start_server(connection, "127.0.0.1", 0)
        stop = asyncio.Event()
        found.extend([server.sockets[0].getsockname()[1], asyncio.get_running_loop(), stop])
        ready.set()
        await stop.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield found[0]
    finally:
        found[1].call_soon_threadsafe(found[2].set)
        thread.join(10)
