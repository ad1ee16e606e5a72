import { isJson, inspect } from '../body.ts'
import type { DropIn, DropInRequest } from './drop-in.ts'

/** Field names that only Mailgun's routes and Postmark's inbound webhook have; both send again after every answer but 200. */
const ONLY_200 = ['body-plain', 'stripped-text', 'body-mime', '"MessageStream"', '"FromFull"']
/** These stand near the start; attachments are not searched. */
const WINDOW_BYTES = 65_536

/** `POST /api/webhooks/email`: a mail as a gateway has parsed it, in whatever form the gateway posts. */
export const EMAIL: readonly DropIn[] = [{
  methods: ['POST'], path: '/api/webhooks/email', source: 'email', refusal: null,
  take: ({ body, contentType }) => {
    const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
    if (mediaType === 'multipart/form-data' ? !/boundary=/i.test(contentType) : !isReadable(mediaType)) {
      return { code: 'media_type_unsupported', message: 'The content type is none that mail gateways post; send multipart/form-data with its boundary, application/json or application/x-www-form-urlencoded.' }
    }
    const elements = inspect(body, contentType, false)
    if (typeof elements !== 'number') return elements
    return { body, contentType, answer: null, status: wantsPlain200(body, mediaType) ? 200 : 202 }
  },
}]

function isReadable(mediaType: string): boolean {
  return isJson(mediaType) || mediaType === 'application/x-www-form-urlencoded' || mediaType === 'text/plain'
}

function wantsPlain200(body: DropInRequest['body'], mediaType: string): boolean {
  if (mediaType === 'text/plain') return false
  const window = body.subarray(0, WINDOW_BYTES)
  return ONLY_200.some((name) => window.includes(name))
}
