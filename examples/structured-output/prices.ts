/** What the bakery sells, and for how much. */

export const products = [
  { code: "SOUR-800", name: "sourdough loaf", cents: 480 },
  { code: "RYE-1000", name: "rye loaf", cents: 560 },
  { code: "BAGU-250", name: "baguette", cents: 190 },
  { code: "CROI-080", name: "butter croissant", cents: 160 },
  { code: "CINN-100", name: "cinnamon roll", cents: 220 },
  { code: "BRIO-400", name: "brioche", cents: 640 }
] as const

/** The list as a part of a prompt. */
export const priceList = products.map(({ code, name }) => `${code}: ${name}`).join("\n")

export const productOf = (code: (typeof products)[number]["code"]) => products.find((product) => product.code === code)!
