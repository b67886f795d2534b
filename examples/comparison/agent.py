"""An agent that searches until it can answer, or until its budget is spent."""
import json

from pocketflow import Flow, Node
from utils import call_llm, render, search


def situation(shared):
    """What the model is told of the research so far."""
    return "\n\n".join(
        [
            f"Question: {shared['question']}",
            *(f'Searched for "{query}": {found or "nothing new"}' for query, found in shared["searches"]),
            render(shared["documents"]),
        ]
    )


class Decide(Node):
    def prep(self, shared):
        return None if len(shared["searches"]) >= 4 else situation(shared)

    def exec(self, prep_res):
        if prep_res is None:
            return {"action": "answer"}
        decision = json.loads(
            call_llm(
                [
                    {
                        "role": "system",
                        "content": "Decide what is next. Answer if the documents answer the question. Otherwise search "
                        "again: every search opens one more document. Use what the documents say to find a better "
                        'query. Reply with JSON: {"action": "search" or "answer", "query": "a few words"}',
                    },
                    {"role": "user", "content": prep_res},
                ]
            )
        )
        if decision["action"] not in ("search", "answer"):
            raise ValueError(f"no such action: {decision['action']}")
        return decision

    def post(self, shared, prep_res, exec_res):
        if exec_res["action"] == "search":
            shared["query"] = exec_res["query"]
        return exec_res["action"]


class Search(Node):
    def prep(self, shared):
        return shared["query"] or shared["question"], [document["id"] for document in shared["documents"]]

    def exec(self, prep_res):
        query, read = prep_res
        return [document for document in search(query) if document["id"] not in read][:1]

    def post(self, shared, prep_res, exec_res):
        shared["searches"].append((prep_res[0], exec_res[0]["title"] if exec_res else None))
        shared["documents"] += exec_res
        return "default"


class Answer(Node):
    def prep(self, shared):
        return situation(shared)

    def exec(self, prep_res):
        answer = json.loads(
            call_llm(
                [
                    {
                        "role": "system",
                        "content": "Answer the question from the documents alone, and cite them, like this: [voyager]. "
                        'Reply with JSON: {"text": "the answer", "found": whether the documents answer the question}',
                    },
                    {"role": "user", "content": prep_res},
                ]
            )
        )
        if not isinstance(answer["text"], str) or not isinstance(answer["found"], bool):
            raise ValueError("no answer")
        return answer

    def post(self, shared, prep_res, exec_res):
        sources = [document for document in shared["documents"] if f"[{document['id']}]" in exec_res["text"]]
        shared["answer"] = exec_res["text"]
        shared["sources"] = sources
        return "answered" if exec_res["found"] and sources else "unanswered"


decide, search_node, answer = Decide(max_retries=3, wait=1), Search(), Answer(max_retries=3, wait=1)
decide - "search" >> search_node
decide - "answer" >> answer
search_node >> decide

agent = Flow(start=decide)
