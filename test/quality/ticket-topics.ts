/** The texts of `it-tickets` through the classifier that learns from what people sorted: five-fold cross-validation over the shared part. */
import { join } from 'node:path'
import { HistoryClassifier } from '../../correlator/classify/history.ts'
import type { OtherResult } from './others.ts'
import { rowsIn } from './program.ts'
import { DATASETS } from './sets.ts'

const SET = 'it-tickets'
const FOLDS = 5
const NAIVE_BAYES = { accuracy: 0.729, macroF1: 0.719 }
/** Trained on 34,442 tickets, eleven times as many as a fold leaves. */
const DISTILBERT = 0.873

/** Measures accuracy and macro-F1. */
export async function ticketTopics(): Promise<OtherResult> {
  const lessons: { text: string; label: string }[] = []
  const topics = new Map<string, string>()
  for await (const { id, category } of rowsIn<{ id: string; category: string }>(join(DATASETS, SET, 'truth.jsonl.gz'))) topics.set(id, category)
  for await (const { id, text } of rowsIn<{ id: string; text: string }>(join(DATASETS, SET, 'tickets.jsonl.gz'))) lessons.push({ text, label: topics.get(id) ?? '' })
  const counts = new Map([...new Set(topics.values())].map((topic) => [topic, { right: 0, named: 0, true: 0 }]))
  let right = 0
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const classifier = new HistoryClassifier(lessons.filter((_, at) => at % FOLDS !== fold))
    for (let at = fold; at < lessons.length; at += FOLDS) {
      const { text, label } = lessons[at] ?? { text: '', label: '' }
      const named = classifier.opinion(text)?.label ?? ''
      const [of, as] = [counts.get(label), counts.get(named)]
      if (of !== undefined) of.true += 1
      if (as !== undefined) as.named += 1
      if (named !== label || of === undefined) continue
      right += 1
      of.right += 1
    }
  }
  const accuracy = round(right / lessons.length)
  const macroF1 = round([...counts.values()].reduce((sum, one) => sum + (2 * one.right) / Math.max(1, one.named + one.true), 0) / counts.size)
  return {
    set: SET,
    figures: [
      { name: 'accuracy, beside naive Bayes', ours: accuracy, wanted: NAIVE_BAYES.accuracy, isMet: accuracy > NAIVE_BAYES.accuracy },
      { name: 'macro-F1, beside naive Bayes', ours: macroF1, wanted: NAIVE_BAYES.macroF1, isMet: macroF1 > NAIVE_BAYES.macroF1 },
      { name: 'accuracy, beside DistilBERT', ours: accuracy, wanted: DISTILBERT, isMet: accuracy > DISTILBERT },
    ],
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
