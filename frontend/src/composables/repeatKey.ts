import { newKey } from '@/api/client'
import type { ApiProblem } from '@/api/problem'

/**
 * The idempotency key of something a person sets off. While no answer has come, a repetition carries the same key and
 * cannot do the work twice; after an answer, good or bad, the next try is something new.
 */
export function useRepeatKey() {
  let key = newKey()

  function answered(problem: ApiProblem | null): void {
    if (problem?.code !== 'NETWORK') key = newKey()
  }

  return { current: () => key, answered }
}
