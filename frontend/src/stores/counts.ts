import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api } from '@/api/client'
import type { AlarmCount } from '@/api/devices'
import type { Workbench } from '@/api/workbench'

/** The numbers of approvals and alarms that wait, beside their entries in the navigation. */
export const useCounts = defineStore('counts', () => {
  const todo = ref(0)
  const alarms = ref(0)

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

  async function refreshAlarms(): Promise<void> {
    try {
      alarms.value = (await api.get<AlarmCount>('/alarms/count')).open
    } catch {
      // The list of alarms shows what is wrong.
    }
  }

  return { todo, alarms, accept, refresh, refreshAlarms }
})
