import { refuse, type Rule } from '../case.ts'

/** Somebody was asked and said no. */
export const approvalRefused: Rule = ({ facts: { question } }) => (question?.status === 'refused' ? refuse('approval_refused', 'Somebody was asked and said no; ask for the run anew if that has changed.') : null)
