const ELEMENTS_MAX = 1_000
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/**
 * The texts of the innermost elements of an XML body by element name; of a repeated name the first, and where another parent repeats it the first
 * of that parent too, as `parent.name`. One pass, no attributes, no documents
 * types, no entities but the five of XML and character numbers, so nothing in a body can name a file or grow. At most ELEMENTS_MAX elements.
 */
export function xmlTexts(text: string): Record<string, string> {
  const texts = new Map<string, string>()
  const parents = new Map<string, string>()
  let opened: { name: string; from: number } | null = null
  /** Names of the elements that are open, outermost first. */
  const open: string[] = []
  let from = 0
  for (let count = 0; count < ELEMENTS_MAX * 2; ) {
    const start = text.indexOf('<', from)
    if (start < 0) break
    if (text.startsWith('<![CDATA[', start) || text.startsWith('<!--', start)) {
      const end = text.indexOf(text[start + 2] === '[' ? ']]>' : '-->', start)
      if (end < 0) break
      from = end + 3
      continue
    }
    const end = text.indexOf('>', start)
    if (end < 0) break
    from = end + 1
    count++
    const tag = text.slice(start + 1, Math.min(end, start + 257))
    const name = /^\/?([\w:.-]+)/.exec(tag)?.[1]
    if (name === undefined || text[end - 1] === '/') continue
    if (!tag.startsWith('/')) {
      if (tag.startsWith('?')) continue
      opened = { name, from }
      open.push(name)
      continue
    }
    if (opened?.name === name) {
      const value = decoded(text.slice(opened.from, start)).trim()
      const parent = open.at(-2) ?? ''
      const firstParent = parents.get(name)
      const key = firstParent === undefined || firstParent === parent ? name : `${parent}.${name}`
      if (value !== '' && !texts.has(key)) texts.set(key, value)
      if (value !== '' && firstParent === undefined) parents.set(name, parent)
      opened = null
    }
    if (open.at(-1) === name) open.pop()
  }
  return Object.fromEntries(texts)
}

function decoded(text: string): string {
  if (text.startsWith('<![CDATA[') && text.endsWith(']]>')) return text.slice(9, -3)
  return text.replace(/&(#\d{1,7}|#x[\da-f]{1,6}|\w{2,4});/gi, (whole, entity: string) => {
    if (!entity.startsWith('#')) return ENTITIES[entity] ?? whole
    const code = entity[1] === 'x' || entity[1] === 'X' ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1))
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
