import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TicketDraft, TicketTime } from '../../schemas/tickets.ts'
import { goldenCases } from '../../test/harness/golden-cases.ts'
import { config } from './config.ts'
import { noteOf, plain, requestOf, restOf, snapshotOf, TEXT_MAX, wiki, wikiNote, worklogOf, type JiraObject, type RequestForm } from './map.ts'

interface Input { readonly draft: TicketDraft; readonly form: RequestForm; readonly editable: readonly string[] }

describe('the map of Jira', () => {
  goldenCases(join(import.meta.dirname, 'testdata'), {
    create: (input) => requestOf((input as Input).draft, (input as Input).form),
    rest: (input) => restOf((input as Input).draft, (input as Input).form, (input as Input).editable),
    worklog: (time) => worklogOf(time as TicketTime),
    read: (issue) => snapshotOf(issue as JiraObject, null, { site: 'https://example.atlassian.net', mapping: config.mapping, organisationField: 'customfield_10002' }),
    note: (comment) => noteOf(comment as JiraObject, '557058:me'),
  })

  it('shows any text as it is: its block is never left early, and its token never cut', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom('{noformat}', '{NOFORMAT} *x*', '{noformat:title=x}', '{{noformat}}', '{{noformat}noformat}', 'y'.repeat(40_000)), fc.array(fc.constantFrom('{', '}', 'noformat', '\n', 'x')).map((parts) => parts.join('')))
    fc.assert(fc.property(text, (one) => {
      for (const markup of [wiki(one), wikiNote(one, 'aw-n-1')]) {
        expect(markup.length).toBeLessThanOrEqual(TEXT_MAX)
        expect(markup.match(/\{noformat/gi)).toHaveLength(2)
        expect(markup.startsWith('{noformat}\n') && markup.endsWith('\n{noformat}')).toBe(true)
      }
      expect(plain(wikiNote(one, 'aw-n-1')).endsWith('[aw-n-1]')).toBe(true)
    }))
  })
})
