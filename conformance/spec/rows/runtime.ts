import { clauses } from "../clause.ts"

export const RUNTIME = [
  ...clauses("runtime.md", {
    "Scope of a Container": [
      ["MUST", "who creates a container can use every operation on it", ["lifecycle: create, start, kill, delete: each state in turn"]],
    ],
    State: [
      ["MUST", "ociVersion is in the state", ["lifecycle: state: the fields that engines read"]],
      ["MUST", "id is in the state", ["lifecycle: state: the fields that engines read"]],
      ["MUST", "no two containers of a host share an id", ["lifecycle: create: an id in use is refused", "robustness: two creates of one id"]],
      ["MUST", "status is in the state, and one of creating, created, running, stopped where these say what is", ["lifecycle: create, start, kill, delete: each state in turn"]],
      ["MUST", "another status stands only for a state that those four do not name", ["pause: pause, resume: states, and refusals outside them"]],
      ["MUST", "pid is in the state of created and running containers", ["lifecycle: create, start, kill, delete: each state in turn"]],
      ["MUST", "a hook in the runtime's namespaces reads the pid as the runtime sees it", ["hooks: hooks: stdin is the state, with pid and status"]],
      ["MUST", "a hook in the container's namespaces reads the pid as the container sees it"],
      ["MUST", "bundle is in the state, an absolute path"],
      ["MUST", "the JSON of the state adheres to state-schema.json"],
    ],
    Lifecycle: [
      ["MUST", "step 2: the environment is as config.json says, else create is an error", ["bad-config: bad config.json: create and run end with code 1", "process: args: passed as they are"]],
      ["MUST NOT", "step 2: create runs the user's program", ["lifecycle: create, start, kill, delete: each state in turn"]],
      ["MUST NOT", "step 2: a change of config.json after create has an effect on the container"],
      ["MUST", "step 3: prestart hooks are invoked", ["hooks: hooks: all six, in order"]],
      ["MUST", "step 3: a prestart hook that fails is an error, the container is stopped and destroyed", ["hooks: hooks: ${name} that fails makes create fail"]],
      ["MUST", "step 4: createRuntime hooks are invoked", ["hooks: hooks: all six, in order"]],
      ["MUST", "step 4: a createRuntime hook that fails is an error, the container is stopped and destroyed", ["hooks: hooks: ${name} that fails makes create fail"]],
      ["MUST", "step 5: createContainer hooks are invoked", ["hooks: hooks: all six, in order"]],
      ["MUST", "step 5: a createContainer hook that fails is an error, the container is stopped and destroyed", ["hooks: hooks: ${name} that fails makes create fail"]],
      ["MUST", "step 7: startContainer hooks are invoked", ["hooks: hooks: all six, in order"]],
      ["MUST", "step 7: a startContainer hook that fails is an error, the container is stopped and destroyed", ["hooks: hooks: startContainer that fails makes start fail"]],
      ["MUST", "step 8: start runs the user's program", ["lifecycle: create, start, kill, delete: each state in turn"]],
      ["MUST", "step 9: poststart hooks are invoked", ["hooks: hooks: all six, in order"]],
      ["MUST", "step 9: a poststart hook that fails is an error, the container is stopped and destroyed (since 1.3.0)", ["hooks: hooks: poststart that fails stops the container"]],
      ["MUST", "step 12: the container is destroyed by undoing what create did", ["lifecycle: create, start, kill, delete: each state in turn"]],
      ["MUST", "step 13: poststop hooks are invoked, also where an earlier hook failed", ["hooks: hooks: all six, in order", "hooks: hooks: poststop runs when create fails after createRuntime"]],
      ["MUST", "step 13: a poststop hook that fails is a warning; the other hooks and the end go on", ["hooks: hooks: poststop that fails is a warning"]],
    ],
    Errors: [
      ["MUST", "an error leaves everything as if the operation had not been tried", ["bad-config: bad config.json: create and run end with code 1", "bad-input: state root: a full disk: create fails"]],
    ],
    Warnings: [
      ["MUST", "an operation that warns goes on as if it had not", ["bad-config: unknown keys: a warning with the name that was meant"]],
    ],
    Operations: [
      ["MUST", "state, create, start, kill and delete are supported", ["lifecycle: create, start, kill, delete: each state in turn"]],
    ],
    "Query State": [
      ["MUST", "without an id it is an error"],
      ["MUST", "of a container that does not exist it is an error", ["lifecycle: ${commandName}: a missing container is an error"]],
      ["MUST", "it returns the state as section State has it", ["lifecycle: state: the fields that engines read"]],
    ],
    Create: [
      ["MUST", "without a bundle or an id it is an error"],
      ["MUST", "an id that is taken is an error and no container is made", ["lifecycle: create: an id in use is refused"]],
      ["MUST", "an id that is not valid is an error and no container is made", ["lifecycle: create: refuses ${what} as an id"]],
      ["MUST", "it creates a container", ["lifecycle: create, start, kill, delete: each state in turn"]],
      ["MUST", "everything in config.json but process is applied by create"],
      ["MUST NOT", "process.args are applied before start", ["lifecycle: create, start, kill, delete: each state in turn"]],
      ["MUST", "what cannot be applied is an error and no container is made", ["bad-config: bad config.json: create and run end with code 1"]],
    ],
    Start: [
      ["MUST", "without an id it is an error"],
      ["MUST", "of a container that is not created it is an error and without effect", ["lifecycle: start: a second time is refused", "lifecycle: start: a container whose init died before"]],
      ["MUST", "it runs the program that process says", ["lifecycle: create, start, kill, delete: each state in turn"]],
      ["MUST", "without process it is an error", ["bad-input: config.json: without process create is refused"],
        "create already refuses a config without process, as runc and crun do: start never comes to it"],
    ],
    Kill: [
      ["MUST", "without an id it is an error"],
      ["MUST", "of a container that is neither created nor running it is an error and without effect", ["lifecycle: kill: a stopped container is not running"]],
      ["MUST", "it sends the signal that is asked for to the container's process", ["lifecycle: kill: names, numbers, any case", "lifecycle: kill: reaches a created container"]],
    ],
    Delete: [
      ["MUST", "without an id it is an error"],
      ["MUST", "of a container that is not stopped it is an error and without effect", ["lifecycle: delete: refuses a running container", "lifecycle: delete: refuses a paused container"],
        "a created container is deleted with its waiting process, as runc and crun do and engines rely on"],
      ["MUST", "it deletes what create made", ["lifecycle: create, start, kill, delete: each state in turn", "run: run: the container is gone afterwards"]],
      ["MUST NOT", "it deletes what others made", ["namespaces: namespaces: each is joined by path", "bad-input: a cgroup that is in use by a process"]],
      ["SHOULD", "an id can be used again once its container is deleted (MAY for the caller)"],
    ],
  }),
  ...clauses("runtime-linux.md", {
    "File descriptors": [
      ["MUST", "only stdin, stdout and stderr are open in the program unless more are asked for", ["process: descriptors: 0, 1 and 2, whatever the caller left open", "caller: caller has descriptors 3 to 9 open"]],
    ],
    "Dev symbolic links": [
      ["MUST", "/dev/fd, /dev/stdin, /dev/stdout and /dev/stderr are links into /proc/self/fd where that exists", ["mounts: /dev: the default nodes and links"]],
    ],
  }),
]
