import { defineStore } from 'pinia'
import { ref } from 'vue'
import { isProblem } from '@/api/problem'
import { StepUpDeclined } from './stepUp'

interface Waiting {
  purpose: string
  resolve: () => void
  reject: (reason: unknown) => void
}

/** Shows the notice when the platform says that consent is missing, and repeats the command once it was given. */
export const useConsent = defineStore('consent', () => {
  const waiting = ref<Waiting | null>(null)

  /** Shows the notice of one purpose; ends when the person agreed, with StepUpDeclined when he did not. */
  function ask(purpose: string): Promise<void> {
    waiting.value?.reject(new StepUpDeclined())
    return new Promise((resolve, reject) => {
      waiting.value = { purpose, resolve, reject }
    })
  }

  function agreed(): void {
    waiting.value?.resolve()
    waiting.value = null
  }

  function decline(): void {
    waiting.value?.reject(new StepUpDeclined())
    waiting.value = null
  }

  async function withConsent<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command()
    } catch (error) {
      if (!isProblem(error, 'CONSENT_REQUIRED')) throw error
      await ask(error.text('purpose'))
      return command()
    }
  }

  return { waiting, ask, agreed, decline, withConsent }
})
