/** What a person's browser does with the address of a sign-in, over HTTP as it is. */
import { expect } from 'vitest'

/** The page of an address that was opened. */
export interface OpenedSignIn {
  /** The vendor's address on it. */
  readonly url: string
  /** What the browser sends from now on. */
  readonly cookie: string
  /** As it was set, with its attributes. */
  readonly setCookie: string
  readonly page: string
}

/** Reads the page that leads to the vendor. */
export function readSignIn(page: string, setCookie: string | null): OpenedSignIn {
  const href = /<a href="([^"]+)" rel="noreferrer">/.exec(page)?.[1]
  if (href === undefined || setCookie === null) throw new Error(`no page of a sign-in: ${page}`)
  return { page, setCookie, cookie: setCookie.split(';', 1)[0] ?? '', url: href.replace(/&#(\d+);/g, (_all, code: string) => String.fromCodePoint(Number(code))) }
}

/** Opens the address of a sign-in at a running program. */
export async function openSignIn(address: string, cookie?: string): Promise<OpenedSignIn> {
  const answer = await fetch(address, cookie === undefined ? {} : { headers: { cookie } })
  expect(answer.status).toBe(200)
  return readSignIn(await answer.text(), answer.headers.get('set-cookie'))
}

/** Opens it, goes to the vendor by `browse`, and comes back; answers the page at the end. */
export async function signInAt(address: string, browse: (vendorAddress: string) => Promise<string>): Promise<string> {
  const { url, cookie } = await openSignIn(address)
  return (await fetch(await browse(url), { headers: { cookie } })).text()
}
