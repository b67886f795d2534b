"""An article in three steps: an outline, a draft of every section at once, and the whole."""
import asyncio
import json

from pocketflow import AsyncFlow, AsyncNode, AsyncParallelBatchNode
from utils import call_llm_async, render, search


class Outline(AsyncNode):
    async def prep_async(self, shared):
        documents = search(shared["topic"])[:8]
        if not documents:
            raise LookupError(f'There is no document about "{shared["topic"]}"')
        return {"topic": shared["topic"], "documents": documents}

    async def exec_async(self, prep_res):
        messages = [
            {
                "role": "system",
                "content": "Outline an article of three to six sections on the topic, from the documents alone. "
                'Reply with JSON: {"sections": [{"title": "...", "sources": ["id of a document"]}]}',
            },
            {"role": "user", "content": f"Topic: {prep_res['topic']}\n\n{render(prep_res['documents'])}"},
        ]
        outline = json.loads(await asyncio.wait_for(call_llm_async(messages), timeout=60))
        for section in outline["sections"]:
            if not isinstance(section["title"], str) or not isinstance(section["sources"], list):
                raise ValueError("a section has no title or no sources")
        return outline["sections"]

    async def post_async(self, shared, prep_res, exec_res):
        shared["documents"] = prep_res["documents"]
        shared["outline"] = exec_res
        return "default"


class Drafts(AsyncParallelBatchNode):
    def __init__(self, **options):
        super().__init__(**options)
        self.gate = asyncio.Semaphore(4)

    async def prep_async(self, shared):
        return [
            {
                "topic": shared["topic"],
                "title": section["title"],
                "documents": [document for document in shared["documents"] if document["id"] in section["sources"]],
            }
            for section in shared["outline"]
        ]

    async def exec_async(self, prep_res):
        messages = [
            {
                "role": "system",
                "content": "Write one section of an article, without its heading, from the documents alone. "
                "Cite them, like this: [mir].",
            },
            {
                "role": "user",
                "content": f"Topic: {prep_res['topic']}\nSection: {prep_res['title']}\n\n{render(prep_res['documents'])}",
            },
        ]
        async with self.gate:
            text = await asyncio.wait_for(call_llm_async(messages), timeout=60)
        return {"title": prep_res["title"], "text": text, "written": True}

    async def exec_fallback_async(self, prep_res, exc):
        sources = ", ".join(document["title"] for document in prep_res["documents"]) or "none"
        text = f"> This section could not be written: {exc}\n> Its sources: {sources}."
        return {"title": prep_res["title"], "text": text, "written": False}

    async def post_async(self, shared, prep_res, exec_res):
        shared["sections"] = exec_res
        return "default"


class Combine(AsyncNode):
    async def post_async(self, shared, prep_res, exec_res):
        sections = shared["sections"]
        cited = [
            document
            for document in shared["documents"]
            if any(f"[{document['id']}]" in section["text"] for section in sections)
        ]
        parts = [
            f"# {shared['topic']}",
            *(f"## {section['title']}\n\n{section['text']}" for section in sections),
            "## Sources\n\n" + "\n".join(f"- [{document['id']}] {document['title']}" for document in cited),
        ]
        shared["text"] = "\n\n".join(parts) + "\n"
        return "complete" if all(section["written"] for section in sections) else "partial"


outline, drafts, combine = Outline(max_retries=3, wait=1), Drafts(max_retries=3, wait=1), Combine()
outline >> drafts >> combine

article = AsyncFlow(start=outline)
