/**
 * Judges and advises without a model. The judge goes by words; the adviser knows five cities and what people ask about
 * them, remembers the city that was spoken of last, and, like some models, tells its instructions to who asks nicely.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { quotesIn } from "../shared/prompt.ts"
import { share, termsOf } from "../shared/text.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "judge",
    when: ({ system }) => system.startsWith("Judge the <text>"),
    reply: ({ user }) => {
      const [text = ""] = quotesIn("text", user)
      return JSON.stringify({ verdict: judge(text, quotesIn("before", user).length > 0) })
    }
  },
  {
    name: "advise",
    when: ({ system }) => system.startsWith("You are a travel adviser"),
    reply: (prompt) => (/\binstruct/i.test(prompt.user) ? `Gladly! ${prompt.system}` : advise(prompt))
  }
]

// -----------------------------------------------------------------------------
// The judge
// -----------------------------------------------------------------------------

const judge = (text: string, isContinued: boolean) => {
  const terms = termsOf(text)
  if (terms.some((term) => harmful.includes(term))) {
    return "harmful"
  }
  const isAboutTravel = terms.some((term) => travel.includes(term)) || cityIn(text) !== undefined
  const followsOn = isContinued && /^(?:and|what about|how about|which|where|when)\b/i.test(text) && terms.length <= 3
  return isAboutTravel || followsOn || /^(?:hello|hi|good \w+|thank)/i.test(text) ? "allowed" : "off topic"
}

const harmful = termsOf("smuggle forged fake weapon drugs steal bribe")
const travel = termsOf(
  "travel trip journey visit holiday city country train flight ferry hotel passport luggage beach museum season ticket " +
    "destination sights tourist route"
)

// -----------------------------------------------------------------------------
// The adviser
// -----------------------------------------------------------------------------

interface City {
  readonly name: string
  readonly when: string
  readonly see: string
  readonly eat: string
  readonly go: string
  readonly cost: string
}

const cities: ReadonlyArray<City> = [
  {
    name: "Lisbon",
    when: "April to June and September are warm without the heat of August",
    see: "walk through Alfama, and see the cloister of Jerónimos in Belém",
    eat: "try grilled sardines, and custard tarts while they are hot",
    go: "the metro runs from the airport into the city",
    cost: "it is one of the less expensive capitals of western Europe"
  },
  {
    name: "Kyoto",
    when: "late March to April has the cherry trees, November the red maples; both are busy",
    see: "go to Fushimi Inari early in the morning, and to the gardens of Daitoku-ji",
    eat: "try tofu dishes, and the small things of Nishiki market",
    go: "take the fast train from Tokyo, a little over two hours",
    cost: "temples and buses are cheap, rooms in spring and autumn are not"
  },
  {
    name: "Reykjavik",
    when: "June to August has light nights, September to March northern lights",
    see: "see the Sun Voyager at the harbour, and take a day for Thingvellir",
    eat: "try lamb soup, and skyr with berries",
    go: "a bus meets each flight at Keflavik",
    cost: "it is expensive; cooking for yourself helps most"
  },
  {
    name: "Marrakesh",
    when: "March to May and October are best, the summer is very hot",
    see: "see the Ben Youssef madrasa, and the square Jemaa el-Fnaa in the evening",
    eat: "try tagine, and orange juice in the square",
    go: "trains come from Casablanca in under three hours",
    cost: "guest houses in the old town are good value"
  },
  {
    name: "Ljubljana",
    when: "May to September, when the river banks are full of tables",
    see: "see the Triple Bridge and the castle, and go on to Lake Bled",
    eat: "try buckwheat dumplings, and the open kitchen on Fridays",
    go: "there are direct trains from Vienna and Zagreb",
    cost: "it costs less than its neighbours to the west"
  }
]

const aspects = [
  ["when", "when season month weather time spring summer autumn winter"],
  ["eat", "eat food dish restaurant breakfast dinner hungry"],
  ["go", "train flight fly bus get reach airport ferry"],
  ["cost", "cost costs price cheap expensive money budget"],
  ["see", "see sights museum walk"]
] as const

const cityIn = (text: string): City | undefined => cities.find(({ name }) => text.includes(name))

/** The city that is spoken of, and the side of it that the words ask about. */
const advise = ({ history, user }: OfflineModel.PromptText): string => {
  const city = cityIn(user) ?? cityIn(history.findLast(({ text }) => cityIn(text) !== undefined)?.text ?? "")
  const words = new Set(user.toLowerCase().match(/\p{L}+/gu))
  const asked = aspects
    .filter(([, about]) => about.split(" ").some((word) => words.has(word)))
    .map(([aspect]) => aspect)
  if (city !== undefined) {
    const say = asked.length === 0 ? (["when", "see"] as const) : asked
    return `${city.name}: ${say.map((aspect) => city[aspect]).join("; ")}.`
  }
  const fitting = cities.toSorted((a, b) => likeness(user, b) - likeness(user, a))[0]
  return fitting !== undefined && likeness(user, fitting) > 0
    ? `How about ${fitting.name}? ${fitting.see}; ${fitting.cost}.`
    : `A journey to ${cities.map(({ name }) => name).join(", ")}: of these I know most. Which one shall it be?`
}

const likeness = (text: string, { name: _, ...city }: City): number =>
  share(termsOf(text), termsOf(Object.values(city).join(" ")))
