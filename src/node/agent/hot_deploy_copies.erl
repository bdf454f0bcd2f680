%% States of processes that run, tried out on the new code where nobody is served. A few of each kind are copied on the
%% one node and migrated on the other; what they hold is never printed.
-module(hot_deploy_copies).
-export([take/1, migrate/1, migrate_down/1]).

%% Of each kind; bytes of one and of all; milliseconds for one and for all: copying more would be felt.
-define(EACH, 3).
-define(LARGEST, 1024 * 1024).
-define(ALL, 8 * 1024 * 1024).
-define(PATIENCE, 500).
-define(TIME, 10000).
-define(MIGRATION, 5000).

%% Copies of the states of processes with these callback modules, each as text, and the kinds that no copy is of.
-spec take(#{modules := [module()]}) -> hot_deploy_json:json().
take(#{modules := Modules}) ->
    Hosts = hosts(Modules),
    Kinds = maps:groups_from_list(
        fun({Place, _, Module}) -> {Place, Module} end,
        fun({_, Pid, _}) -> Pid end,
        [{Place, Pid, Module} || {Place, Pid} <- hot_deploy_facts:workers(),
                                 Module <- [hot_deploy_facts:callback(Pid)],
                                 lists:member(Module, Modules)]),
    Until = erlang:monotonic_time(millisecond) + ?TIME,
    {Copies, Uncopied, _} = lists:foldl(
        fun({{Place, Module}, Pids}, {Taken, Left, Bytes}) ->
            Room = Bytes < ?ALL andalso erlang:monotonic_time(millisecond) < Until,
            case Room andalso copies(some(Pids), fun(Pid) -> copy(Pid, maps:get(Pid, Hosts, Module), hot_deploy_node:vsn(Module)) end) of
                [_ | _] = New ->
                    Named = [#{place => Place, module => Module, copy => Copy} || Copy <- New],
                    {Named ++ Taken, Left, Bytes + lists:sum([byte_size(Copy) || Copy <- New])};
                _ ->
                    {Taken, [#{place => Place, module => Module} | Left], Bytes}
            end
        end, {[], [], 0}, maps:to_list(Kinds)),
    #{copies => Copies, uncopied => Uncopied}.

%% Whose code_change a process that runs the module of somebody else's is asked by: that of the server that was started.
hosts(Modules) ->
    case [Pid || {Pid, _} <- hot_deploy_hosts:of_modules(Modules)] of
        [] -> #{};
        Pids -> maps:with(Pids, maps:from_list(lists:append([started(Pid) || Pid <- erlang:processes()])))
    end.

%% The children of a supervisor with the module that each was started as: only that is known of it.
started(Pid) ->
    case proc_lib:initial_call(Pid) of
        {supervisor, _, _} -> [{Child, Host} || {_, Child, worker, [Host]} <- hot_deploy_facts:children(Pid), is_pid(Child)];
        _ -> []
    end.

copies(Pids, Take) ->
    Answers = hot_deploy_check:answer(lists:filter(fun is_small/1, Pids), Take),
    [Copy || {_, {ok, Copy}} <- Answers].

%% A process that is small may hold large binaries, which would all be copied.
copy(Pid, Callback, Version) ->
    State = sys:get_state(Pid, ?PATIENCE),
    case erlang:external_size(State) =< ?LARGEST of
        true -> base64:encode(term_to_binary({Callback, Version, State}, [compressed]));
        false -> exit(too_large)
    end.

%% The first, the last and one in between: they were started at different times.
some(Processes) when length(Processes) =< ?EACH -> Processes;
some(Processes) -> [hd(Processes), lists:nth(length(Processes) div 2, Processes), lists:last(Processes)].

is_small(Pid) ->
    case process_info(Pid, memory) of
        {memory, Bytes} -> Bytes =< 4 * ?LARGEST;
        undefined -> false
    end.

%% The shape that this node's code_change brings each copy into, or how it failed.
-spec migrate(#{copies := [{binary(), module(), binary()}]}) -> hot_deploy_json:json().
migrate(#{copies := Copies}) ->
    [(migrated(Callback, Version, State))#{place => Place, module => Module}
     || {Place, Module, Copy} <- Copies,
        {Callback, Version, State} <- [binary_to_term(base64:decode(Copy))]].

%% The same for the way down, on a node that still runs the newer code: its code_change is told {down, Version} of the
%% older one, which lies in one of these directories. A module that is not there does not change.
-spec migrate_down(#{copies := [{binary(), module(), binary()}], to := [string()]}) -> hot_deploy_json:json().
migrate_down(#{copies := Copies, to := Directories}) ->
    [(maps:remove(declared, migrated(Callback, {down, Version}, State)))#{place => Place, module => Module}
     || {Place, Module, Copy} <- Copies,
        {ok, Version} <- [older(Module, Directories)],
        {Callback, _, State} <- [binary_to_term(base64:decode(Copy))]].

older(Module, Directories) ->
    Files = [File || Directory <- Directories,
                     File <- [filename:join(Directory, atom_to_list(Module) ++ ".beam")],
                     filelib:is_regular(File)],
    case [Version || File <- Files, {ok, {_, Version}} <- [beam_lib:version(File)]] of
        [[Version] | _] -> {ok, Version};
        [Version | _] -> {ok, Version};
        [] -> none
    end.

migrated(Module, Version, State) ->
    {Worker, Monitor} = spawn_monitor(fun() -> exit({migrated, changed(Module, Version, State)}) end),
    receive
        {'DOWN', Monitor, process, Worker, {migrated, New}} ->
            maps:merge(#{was => hot_deploy_facts:shape(State), shape => hot_deploy_facts:shape(New)}, declared(New));
        {'DOWN', Monitor, process, Worker, Reason} ->
            #{failed => kind(Reason)}
    after ?MIGRATION ->
        exit(Worker, kill),
        #{failed => <<"it took longer than 5 s">>}
    end.

changed(Module, Version, State) ->
    case {erlang:function_exported(Module, code_change, 3), erlang:function_exported(Module, code_change, 4), State} of
        {true, _, _} ->
            {ok, New} = Module:code_change(Version, State, []),
            New;
        {false, true, {Name, Data}} ->
            {ok, NewName, NewData} = Module:code_change(Version, Name, Data, []),
            {NewName, NewData};
        _ ->
            special(Module, Version, State)
    end.

%% As sys asks a process that speaks its protocol itself.
special(Module, Version, State) ->
    case erlang:function_exported(Module, system_code_change, 4) of
        true ->
            {ok, New} = Module:system_code_change(State, Module, Version, []),
            New;
        false ->
            State
    end.

%% Of a struct the new code itself says what it has to have.
declared(#{'__struct__' := Struct}) when is_atom(Struct) ->
    case erlang:function_exported(Struct, '__struct__', 0) of
        true -> #{declared => hot_deploy_facts:shape(Struct:'__struct__'())};
        false -> #{}
    end;
declared(_) ->
    #{}.

%% The reason carries the state: only what failed is told.
kind({Reason, [{Module, Function, Arity, _} | _]}) when is_atom(Reason) ->
    text("~0tp in ~ts:~ts/~b", [Reason, Module, Function, arity(Arity)]);
kind({{Reason, _}, [{Module, Function, Arity, _} | _]}) when is_atom(Reason) ->
    text("~0tp in ~ts:~ts/~b", [Reason, Module, Function, arity(Arity)]);
kind(_) ->
    <<"it crashed">>.

arity(Arguments) when is_list(Arguments) -> length(Arguments);
arity(Arity) -> Arity.

text(Format, Arguments) -> unicode:characters_to_binary(io_lib:format(Format, Arguments)).
