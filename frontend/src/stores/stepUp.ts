import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api } from '@/api/client'
import type { FactorMethod } from '@/api/people'
import { isProblem } from '@/api/problem'

export interface StepUpRequest {
  act: string
  subject: string
  /** Password and second factor together. */
  two: boolean
  /** A face, or two factors in its place. */
  face: boolean
}

interface Waiting extends StepUpRequest {
  resolve: (proof: string) => void
  reject: (reason: unknown) => void
}

/** Thrown when the person closed the question for the second factor; there is nothing to tell him then. */
export class StepUpDeclined extends Error {}

export async function askForProof(request: StepUpRequest, method: FactorMethod, code: string, password: string, also?: { method: FactorMethod; code: string }): Promise<string> {
  const { act, subject } = request
  const answer = await api.post<{ proof: string }>('/auth/step-up', { act, subject, method, code: code.trim(), ...(password ? { password } : {}), ...(also ? { also } : {}) })
  return answer.proof
}

/** Sends a code by short message for one act; answers with the number it went to, masked. */
export async function sendCodeFor({ act, subject }: StepUpRequest): Promise<string> {
  return (await api.post<{ phone: string }>('/auth/step-up/sms', { act, subject })).phone
}

/** What the platform wants confirmed, when it answered that a second factor is required. */
export function stepUpOf(error: unknown): StepUpRequest | null {
  if (!isProblem(error, 'STEP_UP_REQUIRED')) return null
  const strength = error.text('strength')
  return { act: error.text('act'), subject: error.text('subject'), two: strength === 'two_factors' || strength === 'face', face: strength === 'face' }
}

/**
 * Repeats a command with a proof when the platform asks for a second factor. The question is a dialog above the page,
 * so that nothing typed there is lost.
 */
export const useStepUp = defineStore('stepUp', () => {
  const waiting = ref<Waiting | null>(null)

  function ask(request: StepUpRequest): Promise<string> {
    waiting.value?.reject(new StepUpDeclined())
    return new Promise((resolve, reject) => {
      waiting.value = { ...request, resolve, reject }
    })
  }

  function answer(proof: string): void {
    waiting.value?.resolve(proof)
    waiting.value = null
  }

  function decline(): void {
    waiting.value?.reject(new StepUpDeclined())
    waiting.value = null
  }

  async function withProof<T>(command: (proof: string | undefined) => Promise<T>): Promise<T> {
    try {
      return await command(undefined)
    } catch (error) {
      const request = stepUpOf(error)
      if (!request) throw error
      return command(await ask(request))
    }
  }

  return { waiting, answer, decline, withProof }
})
