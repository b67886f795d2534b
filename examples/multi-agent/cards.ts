/** The cards of the game: a word, what may not be said of it, and, for the offline rules alone, what it means. */

export interface Card {
  readonly word: string
  readonly forbidden: ReadonlyArray<string>
  readonly meaning: string
}

const card = (word: string, meaning: string, ...forbidden: ReadonlyArray<string>): Card => ({
  word,
  forbidden,
  meaning
})

export const cards: ReadonlyArray<Card> = [
  card(
    "nostalgic",
    "memories of old times and childhood, wistful, warm, a song from school",
    "memory",
    "past",
    "remember",
    "feeling",
    "longing"
  ),
  card("homesick", "sad, wistful, far away, childhood camp, letter to the family", "house", "miss", "away", "travel"),
  card("lonely", "sad, quiet, no friends, an empty room, far from others", "alone", "single", "friend"),
  card("jealous", "angry, a rival, love, green eyes, what others have", "envy", "want", "partner"),
  card("lullaby", "a quiet song, night, childhood, a mother, cradle, sleep", "baby", "sleep", "sing"),
  card("violin", "music, strings, a bow, wooden, orchestra, held under the chin", "instrument", "play", "string"),
  card("orchestra", "music, many players, a conductor, a hall, strings and brass", "concert", "instrument", "play"),
  card("lighthouse", "tower, night, sea, coast, turning lamp, warns ships", "light", "ship", "beam"),
  card("harbour", "sea, coast, ships, quay, boats rest, cranes", "port", "dock", "ship"),
  card("island", "sea, coast all around, beach, palm, far from land", "water", "surrounded", "land"),
  card("volcano", "mountain, fire, lava, ash, crater, hot", "eruption", "erupt", "lava"),
  card("glacier", "mountain, ice, cold, slow river, old snow", "ice", "cold", "frozen"),
  card("avalanche", "mountain, snow, slope, sudden, thunder, buries", "snow", "slide", "ski"),
  card("thunder", "loud, storm, night, after the flash, rolling sky", "lightning", "storm", "loud"),
  card("candle", "wax, small fire, night, warm, wick, dinner, birthday cake", "light", "wax", "flame"),
  card("lantern", "lamp, night, carried by hand, glass, small fire, camp", "light", "lamp", "carry"),
  card("photograph", "old album, memories on paper, faces, childhood, frame", "picture", "camera", "image"),
  card("diary", "paper, memories, a secret, every night, written, lock", "write", "book", "daily"),
  card("letter", "paper, envelope, stamp, written, far friends, love", "mail", "post", "write")
]
