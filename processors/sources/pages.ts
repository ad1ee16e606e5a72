import { readEach } from './build.ts'
import { at } from './json.ts'
import type { Normalised } from './source.ts'

/** Reads one element, an array of them, or the first list found under one of these names, as the pages of vendors' APIs carry it. */
export function readPages(payload: unknown, names: readonly string[], read: (element: unknown, path: string) => Normalised): Normalised {
  if (Array.isArray(payload)) return readEach(payload, '', read)
  for (const name of names) {
    const list = at(payload, name)
    if (Array.isArray(list)) return readEach(list, `/${name}`, read)
  }
  return read(payload, '')
}
