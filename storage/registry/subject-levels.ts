/**
 * The compatibility level of a subject, set before its first schema. The client library sets it after, so several processes that make a subject at once get in
 * each other's way, and one that dies in between leaves a subject without level, which the library refuses from then on.
 */
const TIMEOUT_MS = 10_000
const CONFLICT = 409
const NOT_FOUND = 404
const ATTEMPTS = 10

/** What a registry answers for a subject that has no level of its own, or none yet. */
const NONE = 'NONE'

/** Reads and sets levels at a registry's address. */
export class SubjectLevels {
  readonly #url: URL

  constructor(url: string) {
    this.#url = new URL(url)
  }

  /** Gives the subject this level unless it has one; one that somebody chose stays. Throws what `fetch` throws, or an Error with the registry's answer. */
  async hold(subject: string, level: string): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const found = await this.#ask('GET', subject)
      if (found !== null && found !== NONE) return
      // A conflict means that another process is setting it at this moment: look again.
      await this.#ask('PUT', subject, { compatibility: level })
    }
  }

  async #ask(method: 'GET' | 'PUT', subject: string, body?: object): Promise<string | null> {
    const { origin, pathname, username, password } = this.#url
    const headers = {
      'content-type': 'application/vnd.schemaregistry.v1+json',
      ...(username === '' ? {} : { authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}` }),
    }
    const answer = await fetch(`${origin}${pathname.replace(/\/$/, '')}/config/${encodeURIComponent(subject)}`, {
      method, headers, signal: AbortSignal.timeout(TIMEOUT_MS), ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (answer.status === NOT_FOUND || answer.status === CONFLICT) return null
    if (!answer.ok) throw new Error(`${method} /config/${subject} was answered ${answer.status}: ${text.slice(0, 200)}`)
    const { compatibilityLevel } = JSON.parse(text) as { compatibilityLevel?: string }
    return compatibilityLevel?.toUpperCase() ?? null
  }
}
