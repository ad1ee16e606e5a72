/** What a person's browser does with the address of a sign-in, over HTTP as it is. */
import { expect } from 'vitest'

/** The page of an address that was opened. */
export interface OpenedSignIn {
  /** What the browser sends from now on. */
  readonly cookie: string
  /** As it was set, with its attributes. */
  readonly setCookie: string
  readonly page: string
}

/** What a browser says of a form that a page sent to where it is from. */
export const OWN_FORM = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' }

/** Reads the page with the button that leads to the vendor. */
export function readSignIn(page: string, setCookie: string | null): OpenedSignIn {
  if (!page.includes('<form method="post"><button') || setCookie === null) throw new Error(`no page of a sign-in: ${page}`)
  return { page, setCookie, cookie: setCookie.split(';', 1)[0] ?? '' }
}

/** Opens it, presses the button, goes to the vendor by `browse`, and comes back; answers the page at the end. */
export async function signInAt(address: string, browse: (vendorAddress: string) => Promise<string>): Promise<string> {
  const answer = await fetch(address)
  expect(answer.status).toBe(200)
  const { cookie } = readSignIn(await answer.text(), answer.headers.get('set-cookie'))
  const pressed = await fetch(address, { method: 'POST', redirect: 'manual', headers: { cookie, ...OWN_FORM } })
  expect(pressed.status).toBe(303)
  return (await fetch(await browse(pressed.headers.get('location') ?? ''), { headers: { cookie } })).text()
}
