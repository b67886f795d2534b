/** What the user of the demonstration says: more than fits into the window, before coming back to it. */
export const demo = [
  "My sister Ida keeps eleven goats on the next island.",
  "I have looked after the lighthouse for nine years.",
  "The fog horn broke last Tuesday.",
  "There is leek soup for supper.",
  "The ferry comes on Mondays and Thursdays.",
  "On which days does the ferry come?",
  "How many goats does my sister have?",
  "When did the fog horn break?",
  "Where is my boat?",
  "exit"
]
