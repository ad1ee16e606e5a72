/** Calls to the API, and its live events. The token lives as long as the tab. */

const KEPT = 'aw-token'

/** Told when the token is no longer good. */
export const session = {
  get token() { return sessionStorage.getItem(KEPT) },
  set token(value) { value === null ? sessionStorage.removeItem(KEPT) : sessionStorage.setItem(KEPT, value) },
  onLost: () => {},
}

/** The answer's JSON. Throws an Error with the API's own sentence. */
export async function call(method, path, body, headers = {}) {
  const answer = await fetch(path, {
    method,
    headers: { ...(session.token === null ? {} : { authorization: `Bearer ${session.token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const json = answer.status === 204 ? null : await answer.json()
  if (answer.status === 401 && session.token !== null) session.onLost()
  if (!answer.ok) throw new Error(json.message)
  return json
}

/** Listens to live events until `signal` aborts, and comes back after each interruption with the last id. */
export async function listen(onEvent, onState, signal) {
  let lastId = null
  while (!signal.aborted) {
    try {
      const answer = await fetch('/api/events', { signal, headers: { authorization: `Bearer ${session.token}`, ...(lastId === null ? {} : { 'last-event-id': lastId }) } })
      if (answer.status === 401) return session.onLost()
      if (!answer.ok) throw new Error(`the stream answers ${answer.status}`)
      onState(true)
      // Whatever happened while nobody listened has no id yet, so lists are read once more.
      if (lastId === null) onEvent({ type: 'resync', data: {} })
      for await (const event of frames(answer.body)) {
        lastId = event.id ?? lastId
        if (event.data !== undefined) onEvent({ type: event.event, data: JSON.parse(event.data) })
      }
    } catch (error) {
      if (signal.aborted) return
      console.warn('live events:', error)
    }
    onState(false)
    await new Promise((resolve) => setTimeout(resolve, 3_000))
  }
}

async function* frames(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader()
  let buffered = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    buffered += value
    let end
    while ((end = buffered.indexOf('\n\n')) >= 0) {
      const fields = {}
      for (const line of buffered.slice(0, end).split('\n')) {
        const colon = line.indexOf(': ')
        if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2)
      }
      buffered = buffered.slice(end + 2)
      yield fields
    }
  }
}
