import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api } from '@/api/client'
import type { Workbench } from '@/api/workbench'

/** The number of approvals that wait, beside its entry in the navigation. */
export const useCounts = defineStore('counts', () => {
  const todo = ref(0)

  function accept(workbench: Workbench): void {
    todo.value = workbench.counts.todo
  }

  /** Read anew after something was decided. A failure leaves the old number; the page itself tells of problems. */
  async function refresh(): Promise<void> {
    try {
      accept(await api.get<Workbench>('/workbench'))
    } catch {
      // The next visit of the workbench shows what is wrong.
    }
  }

  return { todo, accept, refresh }
})
