/**
 * Lines of a text that comes in pieces. Only LF ends one: U+2028 and its kin stand inside of JSON as any other letter, and node:readline would end a line there.
 */
export async function* textLines(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of pieces) {
    const parts = (rest + piece).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
  if (rest !== '') yield rest
}
