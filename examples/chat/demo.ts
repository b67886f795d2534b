/** What the user of the demonstration says. */
export const demo = [
  "Hello!",
  "My name is Ada.",
  "I feel stuck because my boat does not float.",
  "I built the boat in winter.",
  "It rains a lot here.",
  "What did I tell you about winter?",
  "Do you still know what my name is?",
  "exit"
]
