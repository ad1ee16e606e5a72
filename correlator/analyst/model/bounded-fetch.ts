import { ANSWER_BYTES } from './driver.ts'

/** A fetch of bounded answers, and whether it met one beyond the bound. One for each call. */
export interface BoundedFetch {
  readonly fetch: typeof fetch
  isExceeded(): boolean
}

/** Ends an answer of more than `maxBytes` with an error, and follows no redirection: keys in headers of the vendor's own would go along. */
export function boundedFetch(maxBytes = ANSWER_BYTES): BoundedFetch {
  let exceeded = false
  return {
    isExceeded: () => exceeded,
    fetch: async (input, init) => {
      const answer = await fetch(input, { ...init, redirect: 'error' })
      if (answer.body === null) return answer
      let bytes = 0
      const body = answer.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          bytes += chunk.byteLength
          if (bytes <= maxBytes) return controller.enqueue(chunk)
          exceeded = true
          controller.error(new Error(`the answer is larger than ${maxBytes} bytes`))
        },
      }))
      return new Response(body, { status: answer.status, statusText: answer.statusText, headers: answer.headers })
    },
  }
}
