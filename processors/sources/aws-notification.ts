import { makeAlert, reject } from './build.ts'
import { at, firstText, isObject } from './json.ts'
import { readMarks } from './marks.ts'
import type { Normalised } from './source.ts'
import { instantMs } from './time.ts'

/** An SNS notification of plain text, published by a person or a program that speaks no format we know. Nothing in it ties two messages together. */
export function readPlainNotification(source: string, message: string, envelope: unknown, path: string): Normalised {
  const subject = firstText(envelope, 'Subject')
  const marks = readMarks(subject ?? message)
  if (subject === null && message.trim() === '') return [reject(path, 'the notification has neither subject nor message')]
  return [
    makeAlert({
      source,
      externalId: null,
      asset: null,
      signature: subject === null ? null : marks.text,
      severity: marks.severity ?? 'unknown',
      // Somebody published it to be read; a topic has no way to say that it is over.
      status: marks.status ?? 'firing',
      title: subject,
      message,
      startsAtMs: instantMs(firstText(envelope, 'Timestamp')),
      labels: [...attributesOf(envelope), ['topic', firstText(envelope, 'TopicArn')]],
    }),
  ]
}

/** Message attributes as labels; binary ones are no text. */
function attributesOf(envelope: unknown): (readonly [string, string | null])[] {
  const attributes = at(envelope, 'MessageAttributes')
  if (!isObject(attributes)) return []
  return Object.entries(attributes).slice(0, 64).flatMap(([name, attribute]) => {
    const type = firstText(attribute, 'Type') ?? 'String'
    return type.startsWith('Binary') ? [] : [[name, firstText(attribute, 'Value', 'StringValue')] as const]
  })
}
