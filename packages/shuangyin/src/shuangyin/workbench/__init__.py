"""Home (工作台): what needs me, and what I wait for."""
