"""PocketFlow's Python core, as its documentation writes it: asynchronous nodes and flows.

python3 pocketflow.py FOLDER JOB: FOLDER is what holds the package `pocketflow`; JOB as in `sample.ts`, as are the
samples that it prints.
"""

import asyncio
import json
import sys
import time

folder, job = sys.argv[1], json.loads(sys.argv[2])
sys.path.insert(0, folder)

from pocketflow import AsyncFlow, AsyncNode, AsyncParallelBatchNode  # noqa: E402


async def work(n):
    return n + 1


async def slow_work(n):
    await asyncio.sleep(0.001)
    return n + 1


class Count(AsyncNode):
    async def prep_async(self, shared):
        return shared["n"]

    async def exec_async(self, n):
        return await work(n)

    async def post_async(self, shared, _, n):
        shared["n"] = n


class CountTo(Count):
    def __init__(self, size):
        super().__init__()
        self.size = size

    async def post_async(self, shared, _, n):
        shared["n"] = n
        return "again" if n < self.size else "done"


class Decide(AsyncNode):
    def __init__(self, size):
        super().__init__()
        self.size = size

    async def prep_async(self, shared):
        return shared["decisions"]

    async def exec_async(self, n):
        return await work(n)

    async def post_async(self, shared, _, decisions):
        shared["decisions"] = decisions
        return "search" if decisions < self.size else "answer"


class Search(AsyncNode):
    async def prep_async(self, shared):
        return shared["found"]

    async def exec_async(self, n):
        return await work(n)

    async def post_async(self, shared, _, found):
        shared["found"] = found


class Answer(AsyncNode):
    async def prep_async(self, shared):
        return shared["found"] - 1

    async def exec_async(self, n):
        return await work(n)

    async def post_async(self, shared, _, answer):
        shared["answer"] = answer


class Batch(AsyncParallelBatchNode):
    def __init__(self, size, work):
        super().__init__()
        self.items, self.work = list(range(size)), work

    async def prep_async(self, _):
        return self.items

    async def exec_async(self, n):
        return await self.work(n)

    async def post_async(self, shared, _, results):
        shared["n"] = sum(results)


def running(flow, initial, key):
    async def run():
        shared = dict(initial)
        await flow.run_async(shared)
        return shared[key]

    return run


def counted(flow):
    return running(flow, {"n": 0}, "n")


def chain(size):
    nodes = [Count() for _ in range(size)]
    for one, other in zip(nodes, nodes[1:]):
        one >> other
    return counted(AsyncFlow(start=nodes[0]))


def loop(size):
    node, after = CountTo(size), Count()
    node - "again" >> node
    node - "done" >> after
    run = counted(AsyncFlow(start=node))

    async def less_one():
        return await run() - 1

    return less_one


def agent(size):
    decide, search, answer = Decide(size), Search(), Answer()
    decide - "search" >> search
    decide - "answer" >> answer
    search >> decide
    initial = {"decisions": 0, "found": 0, "answer": 0}
    return running(AsyncFlow(start=decide), initial, "answer")


def nested(size):
    flow = AsyncFlow(start=Count())
    for _ in range(size - 1):
        start = Count()
        start >> flow
        flow = AsyncFlow(start=start)
    return counted(flow)


def parallel(work):
    return lambda size: counted(AsyncFlow(start=Batch(size, work)))


def total(size):
    return size * (size + 1) // 2


workloads = {
    "W1": (chain, lambda size: size),
    "W2": (loop, lambda size: size),
    "W3": (agent, lambda size: size - 1),
    "W4u": (parallel(slow_work), total),
    "W5": (nested, lambda size: size),
    "W6": (lambda _: counted(Count()), lambda size: size),
    "W7": (parallel(work), total),
}


async def sample(run, expected, size, budget):
    async def check():
        value = await run()
        if value != expected:
            raise ValueError(f"it gave {value}, not {expected}")

    now = time.perf_counter if budget["clock"] == "wall" else time.process_time
    begin, runs = now(), 0
    while runs == 0 or (now() - begin) * 1000 < budget["warm"]:
        await check()
        runs += 1
    each = max(1, -int(-runs * budget["sample"] // ((now() - begin) * 1000)))
    taken, enough = [], now() + 2 * budget["samples"] * budget["sample"] / 1000
    while not taken or (len(taken) < budget["samples"] and now() < enough):
        since = now()
        for _ in range(each):
            await check()
        taken.append((now() - since) * 1e6 / (each * size))
    return taken


async def main():
    taken = {}
    for one in job["workloads"]:
        make, expected = workloads[one["id"]]
        size = one["size"]
        taken[one["id"]] = await sample(make(size), expected(size), size, job["budget"])
    print(json.dumps(taken))


asyncio.run(main())
