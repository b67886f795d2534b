/** An order worked out: ordinary code, over values that have been checked. */
import { oneLine } from "../shared/cli.ts"
import type { Order } from "./flow.ts"
import { productOf } from "./prices.ts"

export const invoice = ({ customer, deliverOn, email, items, phone, wishes }: typeof Order.Type): string => {
  const lines = items.map(({ product, quantity }) => {
    const { cents, name } = productOf(product)
    return { quantity, product, name, cents: quantity * cents }
  })
  const total = lines.reduce((sum, { cents }) => sum + cents, 0)
  return [
    [customer, `<${email}>`, phone ?? ""].map(oneLine).join(" ").trim(),
    `for ${deliverOn.toISOString().slice(0, 10)}`,
    ...lines.map(
      ({ cents, name, product, quantity }) =>
        `${String(quantity).padStart(5)}  ${product.padEnd(8)}  ${name.padEnd(16)}  ${money(cents)}`
    ),
    `${"".padStart(15)}  ${"total".padEnd(16)}  ${money(total)}`,
    ...wishes.map((wish) => `- ${oneLine(wish)}`)
  ].join("\n")
}

const money = (cents: number): string => (cents / 100).toFixed(2).padStart(9)
