"""Reads many resumes: list the files, let the model parse each, write what was found."""
import asyncio

import yaml
from pocketflow import AsyncFlow, AsyncNode, AsyncParallelBatchNode
from utils import call_llm_async, check_output, list_texts, read_text, write_atomically

INSTRUCTIONS = """You read résumés. The user sends one text. Copy words, numbers and dates as they are written.
Leave out what the text does not say; an empty list is []. Take the person's own address and number, and only jobs,
no studies.

Reply with one YAML block. If the text is no résumé:
```yaml
not_a_resume: what the text is
```
Otherwise:
```yaml
name: Ada Lovelace
email: ada@example.com # or null
phone: null
jobs:
  - title: Analyst
    company: Analytical Engines # or null
    dates: 1842 - 1843 # or null
skills:
  - mathematics
```"""


class NotAResume(Exception):
    pass


def read_reply(reply):
    value = yaml.safe_load(reply.split("```yaml")[1].split("```")[0])
    if "not_a_resume" in value:
        raise NotAResume(value["not_a_resume"])
    if not isinstance(value.get("name"), str) or value["name"] == "":
        raise ValueError("name is missing")
    for key in ("jobs", "skills"):
        if not isinstance(value.get(key), list):
            raise ValueError(f"{key} is no list")
    for job in value["jobs"]:
        if not isinstance(job, dict) or not isinstance(job.get("title"), str):
            raise ValueError("a job has no title")
    return value


class List(AsyncNode):
    async def prep_async(self, shared):
        return shared["paths"], shared["output"]

    async def exec_async(self, prep_res):
        paths, output = prep_res
        check_output(output)
        return list_texts(paths)

    async def post_async(self, shared, prep_res, exec_res):
        shared["files"] = exec_res
        return "default"


class Parse(AsyncParallelBatchNode):
    def __init__(self, concurrency, **options):
        super().__init__(**options)
        self.gate = asyncio.Semaphore(concurrency)

    async def prep_async(self, shared):
        return shared["files"]

    async def exec_async(self, prep_res):
        async with self.gate:
            text = read_text(prep_res)
            messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": text}]
            try:
                reply = await asyncio.wait_for(call_llm_async(messages), timeout=60)
                return {"file": prep_res, "status": "parsed", "resume": read_reply(reply)}
            except NotAResume as error:
                return {"file": prep_res, "status": "skipped", "reason": str(error)}

    async def exec_fallback_async(self, prep_res, exc):
        return {"file": prep_res, "status": "failed", "reason": str(exc)}

    async def post_async(self, shared, prep_res, exec_res):
        shared["results"] = exec_res
        return "parsed" if any(result["status"] == "parsed" for result in exec_res) else "nothing"


class Write(AsyncNode):
    async def prep_async(self, shared):
        return shared["output"], [
            {"file": result["file"], **result["resume"]}
            for result in shared["results"]
            if result["status"] == "parsed"
        ]

    async def exec_async(self, prep_res):
        path, found = prep_res
        write_atomically(path, yaml.safe_dump({"resumes": found}, allow_unicode=True))

    async def post_async(self, shared, prep_res, exec_res):
        return "written"


def resumes(concurrency):
    start, parse, write = List(), Parse(concurrency, max_retries=4, wait=1), Write()
    start >> parse
    parse - "parsed" >> write
    return AsyncFlow(start=start)
