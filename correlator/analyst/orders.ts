/**
 * Signs that a text talks to a language model instead of telling what is wrong. Nothing rests on finding every one: what a model says has no power anyhow.
 * Where one is found, advice on severity, merges and runbooks is shown to people and not followed.
 */
import { plainText } from './plain-text.ts'

const SIGNS: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass|skip|drop)\b.{0,60}\b(?:instructions?|prompts?|rules?|guidelines|context|above|earlier|previous(?:ly)?|prior|before|everything|polic(?:y|ies)|directions?)\b/i,
  /\b(?:system prompt|developer (?:prompt|message|mode|note)|assistant (?:prompt|message)|system (?:override|instructions?)|admin(?:istrator)? override)\b/i,
  /^\s{0,9}(?:#{1,4}\s{0,3})?(?:assistant|human|role)\s{0,3}[:>\]]/im,
  /\bsystem\s{0,3}(?:message)?\s{0,3}[:>\]].{0,120}\b(?:severity|instructions?|analysts?|you|rules|incidents?)\b/is,
  /<\|?\/?\s{0,3}(?:im_start|im_end|system|assistant|user|inst|data|instructions?|s|eot_id|start_header_id|end_of_text|tool|function|document|prompt)\b[^>]{0,80}>?/i,
  /\[\/?(?:inst|system|sys|assistant|user)\]|<<\/?sys>>/i,
  /\b(?:you are|you're|act as|pretend (?:to be|you)|roleplay|role-play|behave as|from now on|you must|you will|you should|you have to)\b.{0,80}\b(?:now|ai|assistant|model|analyst|dan|answer|respond|reply|say|output|set|mark|classif\w+|rate|merge|suggest|return|report|recommend|ignore|jailbr\w+|unrestricted)\b/i,
  /\b(?:language model|llm|chat ?gpt|claude|gemini|copilot|gpt-?\d|ai (?:assistant|model|analyst|agent|system)|the analyst|note to (?:the )?(?:ai|model|analyst|reviewer)|dear (?:ai|model|analyst|assistant))\b/i,
  /\b(?:set|change|lower|raise|reduce|downgrade|upgrade|mark|classify|rate|treat|report)\b.{0,50}\b(?:severity|priority|confidence|incidents?|alerts?)\b.{0,60}\b(?:to|as|=|info|low|critical|resolved|harmless|benign|false positive|1(?:\.0)?)\b/i,
  /\b(?:merge|combine|join|close|resolve)\b.{0,30}\b(?:this|these|all|every|other|with|into|incidents?)\b.{0,40}\bincidents?\b/i,
  /\b(?:run|execute|suggest|recommend|choose|select|use|trigger|start|call)\b.{0,40}\b(?:runbooks?|playbooks?|command|script|tool)\b/i,
  /["']?(?:severity|summary|confidence|rootCause|runbooks|merges|nextSteps|patternConfidence)["']?\s{0,3}:\s{0,3}(?:[[{"']|\d)/i,
  /\b(?:respond|reply|answer|output|return|print|write|say|repeat|reveal|show|leak|send|include|append|insert)\b.{0,50}\b(?:only|exactly|verbatim|json|prompt|instructions|secrets?|credentials|keys?|following|link|image|markdown|data above|to https?)\b/i,
  /!\[[^\]]{0,200}\]\s{0,3}\(|\[[^\]]{1,200}\]\(\s{0,3}(?:https?|javascript|data):/i,
  /\b(?:begin|end|start|stop)\s{0,3}(?:of\s{0,3})?(?:data|prompt|instructions?|context|untrusted|alert|input|system)\b|-{3,}\s{0,3}(?:end|begin)\b/i,
  /\bjailbreak|\bdo anything now\b|\bprompt injection\b/i,
  /\b(?:ignorier\w*|vergiss|ignorez|oubliez|ignora|olvida|ignore[zr]?|negeer|dimentica|esqueça)\b.{0,60}\b(?:anweisung\w*|befehl\w*|instruc\w*|istruzion\w*|consignes|instruções|instructies|règles|regeln)\b/i,
  /\b(?:base64|rot13|decode|decipher|hex)\b.{0,40}\b(?:follow|execute|obey|and (?:do|run|act)|instructions?|this|then)\b/i,
  /忽略|无视|無視して|指示に従|игнорир|забудь|تجاهل|무시/i,
]
const HIDDEN_CHARACTERS = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\udb40[\udc00-\udfff]/
const TEXT_CHARS = 4_000
const LOOKALIKES: Readonly<Record<string, string>> = { а: 'a', е: 'e', о: 'o', р: 'p', с: 'c', х: 'x', у: 'y', і: 'i', ѕ: 's', ԁ: 'd', ɡ: 'g', ո: 'n', ο: 'o', α: 'a', ε: 'e', ι: 'i', ν: 'v', '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', $: 's' }

/** Whether the text shows a sign of orders; hidden characters are one. */
export function looksLikeOrders(text: string): boolean {
  const given = text.slice(0, TEXT_CHARS)
  if (HIDDEN_CHARACTERS.test(given)) return true
  const plain = plainText(given, TEXT_CHARS)
  const spelled = plain.replace(/[аеорсхуіѕԁɡոοαειν]|(?<=[a-z])[01345$](?=[a-z])/giu, (character) => LOOKALIKES[character.toLowerCase()] ?? character)
  // I g n o r e: letters set apart.
  const joined = spelled.replace(/\b(?:\p{L}[ .*_-]){3,}\p{L}\b/gu, (word) => word.replace(/[ .*_-]/g, ''))
  return SIGNS.some((sign) => sign.test(joined))
}
