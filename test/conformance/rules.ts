/**
 * What PocketFlow's core does, rule by rule, and what happens here. The numbers
 * are those that the titles of the conformance tests name; some are not in use.
 */
import type { Rule } from "../../scripts/figures.ts"

export const rules: ReadonlyArray<Rule> = [
  {
    id: "R1",
    reference: "a run of a node is prep, exec, post; the value of post is the action",
    verdict: "conforms",
    ours: "the same phases in the same order; post gives a transition, which has the action and what to write"
  },
  {
    id: "R4",
    reference: "an action that is wired twice leads to the last target, with a warning",
    verdict: "differs",
    ours: "does not compile: the edges of a node are one record, so that no wiring depends on the order of statements"
  },
  {
    id: "R6",
    reference: "a flow without a start does nothing and gives None",
    verdict: "differs",
    ours: "does not compile; wiring that comes as data is refused with InvalidFlow, since doing nothing hides a mistake"
  },
  {
    id: "R7",
    reference: "a flow runs a node, follows its action to the next one, and ends where no edge leads on",
    verdict: "conforms",
    ours: "the same loop"
  },
  {
    id: "R8",
    reference: 'no action, or one that is falsy, means "default"',
    verdict: "differs",
    ours: 'store.next() says "default"; an action is never empty, so that forgetting to answer is no answer'
  },
  {
    id: "R10",
    reference: "an action that is not wired ends the flow, with a warning if the node has other edges",
    verdict: "conforms",
    ours: "it ends the flow; in place of a warning at run time it is an outcome in the type of the flow"
  },
  {
    id: "R11",
    reference: "a flow gives the last action",
    verdict: "conforms",
    ours: "it is the outcome of the run"
  },
  {
    id: "R12",
    reference: "a flow whose post is overridden and returns nothing loses its action",
    verdict: "differs",
    ours: "a flow has no post; where one goes around it, it must give a transition, so that no outcome gets lost"
  },
  {
    id: "R13",
    reference: "the exec of a flow is never called, and a flow is not retried",
    verdict: "conforms",
    ours: "a flow has no exec, and Node.retry on a flow does not compile"
  },
  {
    id: "R14",
    reference: "the last action of a nested flow routes the outer one",
    verdict: "conforms",
    ours: "the outcomes of a flow are its actions as a node; only these can be wired"
  },
  {
    id: "R15",
    reference: "a node is copied for each visit, so that what it keeps on itself does not leak",
    verdict: "conforms",
    ours: "nodes are immutable values: there is nothing to leak, and so nothing to copy"
  },
  {
    id: "R16",
    reference: "max_retries counts attempts, from 0, with a wait between them; max_retries=0 gives None without a try",
    verdict: "differs",
    ours: "Node.retry counts what comes after the first attempt, so that exec is always tried; waits are a Schedule"
  },
  {
    id: "R17",
    reference: "only exec is retried; an error of prep or post ends the run",
    verdict: "conforms",
    ours: "the same; a defect or an interruption is not retried either"
  },
  {
    id: "R18",
    reference: "after the last attempt exec_fallback gives the result; without one the error is raised",
    verdict: "conforms",
    ours: "Node.fallback gets the last error and the input; without one the run fails with the error"
  },
  {
    id: "R19",
    reference: "retry and fallback are per item; an item that still fails ends the batch, and all results are lost",
    verdict: "conforms",
    ours: 'the same by default; the mode "result" keeps a Result for each item'
  },
  {
    id: "R19b",
    reference: "the results of a batch have the order of its items",
    verdict: "conforms",
    ours: "the same, whatever ends first"
  },
  {
    id: "R20",
    reference: "parallel items share one attempt counter, so that some get too few attempts or None",
    verdict: "differs",
    ours: "each item counts its own attempts: what happens to one item is no business of another"
  },
  {
    id: "R21",
    reference: "the first failure of parallel work is raised, but the rest goes on and writes",
    verdict: "differs",
    ours: "the rest is interrupted and its finalizers run, so that nothing is written after the end"
  },
  {
    id: "R22",
    reference: "a batch flow runs once for each params, merged over its own; the actions of these runs are dropped",
    verdict: "conforms",
    ours: "Flow.forEach provides each element as a service beside those around it; post also gets the outcomes"
  },
  {
    id: "R23",
    reference: "parallel runs write to one dict, and a synchronous node holds up all of them",
    verdict: "differs",
    ours: "they share one store, but each update is atomic and waiting blocks nobody, so that no update gets lost"
  },
  {
    id: "R24",
    reference: "a flow overwrites the params of its nodes, nested flows included; only batch flows merge",
    verdict: "differs",
    ours: "params come from the nearest provider around, as all services do; a run without one does not compile"
  },
  {
    id: "R25",
    reference: "params are one dict that all nodes of a run share and may change",
    verdict: "differs",
    ours: "nothing sets the params of others: what a node provides holds only inside what it runs itself"
  },
  {
    id: "R26",
    reference: "there are sync and async classes; a method of the other family is silently ignored",
    verdict: "differs",
    ours: "one Node and one Flow for both; a phase with a wrong name does not compile"
  },
  {
    id: "R28",
    reference: "run() on an async flow skips its hooks, and on an async batch flow does nothing",
    verdict: "differs",
    ours: "whichever way a flow is run, all its phases are, since there is only one family (R26)"
  },
  {
    id: "R29",
    reference: "writes to the one dict are visible at once, and stay after a failure",
    verdict: "conforms",
    ours: "so it is with each transition as a whole, never with a part of one; Flow.runRef lets the caller read on"
  }
]
