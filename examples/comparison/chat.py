"""A conversation: one node that loops, with the history in the shared store."""
from pocketflow import Flow, Node
from utils import stream_llm

INSTRUCTIONS = (
    "You are a good listener. Reply in one or two short sentences, "
    "come back to what was said before, and call people by their name once you know it."
)


class Turn(Node):
    def prep(self, shared):
        line = ""
        while line == "":
            try:
                line = input("\n> ").strip()
            except EOFError:
                return None
        return None if line == "exit" else (line, shared["messages"])

    def exec(self, prep_res):
        if prep_res is None:
            return None
        line, messages = prep_res
        text = ""
        for token in stream_llm(
            [{"role": "system", "content": INSTRUCTIONS}, *messages, {"role": "user", "content": line}]
        ):
            print(token, end="", flush=True)
            text += token
        return text

    def post(self, shared, prep_res, exec_res):
        if prep_res is None:
            return "goodbye"
        shared["messages"] = [
            *shared["messages"],
            {"role": "user", "content": prep_res[0]},
            {"role": "assistant", "content": exec_res},
        ]
        return "again"


turn = Turn(max_retries=3, wait=1)
turn - "again" >> turn

chat = Flow(start=turn)
