import { plain, type Sender } from './port.ts'
import { postJson } from './post-json.ts'

/** Characters with a meaning in Slack's text; escaped, no text can mention a channel or make a link. Source: Slack, "Formatting text for app surfaces". */
const escaped = (text: string, max?: number): string => plain(text, max).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** A room of Slack, by incoming webhook. */
export const slack: Sender = async (notice, address, signal) => {
  await postJson(address, {
    text: escaped(`${notice.subject}: ${notice.summary}`),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: plain(notice.subject, 150), emoji: false } },
      { type: 'section', text: { type: 'plain_text', text: plain(notice.summary), emoji: false } },
      { type: 'section', fields: notice.facts.slice(0, 10).map(([name, value]) => ({ type: 'plain_text', text: `${plain(name, 60)}: ${plain(value)}`, emoji: false })) },
      { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: plain(notice.linkText, 75), emoji: false }, url: notice.link }] },
    ],
  }, signal)
}
