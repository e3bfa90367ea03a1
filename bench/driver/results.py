"""Results: every measurement as one line of JSON, with its commit and machine, kept in one file."""
import json


class Results:
    def __init__(self, path, origin):
        self.path = path
        self.origin = origin
        self.records = []
        if path.exists():
            with open(path, encoding="utf-8") as file:
                self.records = [json.loads(line) for line in file]

    def begin(self, experiment):
        """Forgets what an earlier run measured in this experiment."""
        self.records = [record for record in self.records if record["experiment"] != experiment]
        with open(self.path, "w", encoding="utf-8") as file:
            for record in self.records:
                file.write(json.dumps(record) + "\n")

    def add(self, experiment, **fields):
        record = {"experiment": experiment, **fields, **self.origin}
        self.records.append(record)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        return record

    def of(self, experiment, **wanted):
        return [
            record
            for record in self.records
            if record["experiment"] == experiment
            and all(record.get(key) == value for key, value in wanted.items())
        ]
