import { plain, type Sender } from './port.ts'
import { postJson } from './post-json.ts'

/** Characters with a meaning in the Markdown of a card's text. */
const escaped = (text: string, max?: number): string => plain(text, max).replace(/[\\`*_{}[\]()#+!|<>~-]/g, '\\$&')

/** A room of Teams, by workflow. An answer of 202 says only that the flow has started; nothing more can be known. */
export const teams: Sender = async (notice, address, signal) => {
  await postJson(address, {
    type: 'message',
    attachments: [{
      contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', type: 'AdaptiveCard', version: '1.4',
        body: [
          { type: 'TextBlock', size: 'medium', weight: 'bolder', wrap: true, text: escaped(notice.subject, 150) },
          { type: 'TextBlock', wrap: true, text: escaped(notice.summary) },
          { type: 'FactSet', facts: notice.facts.slice(0, 10).map(([title, value]) => ({ title: escaped(title, 60), value: escaped(value) })) },
        ],
        actions: [{ type: 'Action.OpenUrl', title: plain(notice.linkText, 75), url: notice.link }],
      },
    }],
  }, signal)
}
