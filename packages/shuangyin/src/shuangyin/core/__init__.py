"""What every area stands on: settings, database and unit of work, clock, ids, errors, jobs, objects, HTTP edge."""
