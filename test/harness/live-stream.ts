/** What one event of the live stream says. */
export interface StreamEvent {
  readonly id: string
  readonly type: string
  readonly data: string
}

/** A listener to `GET /api/events` that keeps everything it hears. */
export class LiveStream {
  readonly heard: StreamEvent[] = []
  /** Everything as it came, for what is no event. */
  raw = ''
  readonly #ending = new AbortController()
  #reading: Promise<void> = Promise.resolve()

  /** Opens the stream, from behind the event `lastId` where one is given. Throws unless it is answered 200. */
  static async open(url: string, token: string, lastId: string | null = null): Promise<LiveStream> {
    const stream = new LiveStream()
    const answer = await fetch(`${url}/api/events`, { headers: { authorization: `Bearer ${token}`, ...(lastId === null ? {} : { 'last-event-id': lastId }) }, signal: stream.#ending.signal })
    if (answer.status !== 200 || answer.body === null) throw new Error(`GET /api/events answered ${answer.status}: ${await answer.text()}`)
    stream.#reading = stream.#read(answer.body)
    return stream
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#reading
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    let unread = ''
    try {
      for await (const chunk of body) {
        const text = decoder.decode(chunk, { stream: true })
        this.raw += text
        unread += text
        const blocks = unread.split('\n\n')
        unread = blocks.pop() ?? ''
        for (const block of blocks) this.#hear(block)
      }
    } catch (thrown) {
      if (!this.#ending.signal.aborted) throw thrown
    }
  }

  #hear(block: string): void {
    const field = (name: string): string => block.split('\n').find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
    if (field('event') !== '') this.heard.push({ id: field('id'), type: field('event'), data: field('data') })
  }
}
