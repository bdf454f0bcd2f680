%% System messages to many processes at once: held, asked to take their states over, given back what they had, let go. What a
%% process had lies in its own dictionary meanwhile: nothing is copied, and whoever takes over from one that was killed
%% needs to know nothing but the processes.
-module(hot_deploy_hold).
-export([hold/2, change/3, restore/1, forget/1, resume/1, ask/2, nobody/0]).

-define(KEPT, '$hot_deploy_state').
%% In that of the one who asks.
-define(NOBODY, '$hot_deploy_nobody').
%% Milliseconds, for processes that do nothing else, and between two looks.
-define(PATIENCE, 5000).
-define(LOOK, 20).

-type held() :: [hot_deploy_running:found()].
-export_type([held/0]).

%% Those that did not come to a stand in time. They are not held: the resume that goes behind undoes a suspend that comes late.
-spec hold(held(), timeout()) -> [pid()].
hold(Held, Timeout) ->
    Silent = [Pid || {Pid, silent} <- others([{Pid, Pid, suspend} || Pid <- pids(Held)], Timeout)],
    send([{Pid, resume} || Pid <- Silent]),
    Silent.

%% Lets those that are held take their states over from these versions. Answers those that did not, and why.
-spec change(held(), #{module() => term()}, timeout()) -> [{pid(), module(), term()}].
change(Held, Versions, Timeout) ->
    %% One with several modules keeps what it had before the first of them.
    send([{Pid, {replace_state, keep(event)}} || {Pid, event} <- kinds(Held)]),
    Answers = others([{{Pid, Module}, Pid, asked(Kind, {change_code, Module, maps:get(Module, Versions, undefined), []})}
                      || {Pid, Module, Kind} <- Held], Timeout),
    [{Pid, Module, Why} || {{Pid, Module}, Answer} <- Answers, Why <- failure(Answer)].

%% Both at once: to be woken up is what costs most.
asked(event, Message) -> Message;
asked(Kind, Message) -> {ahead, {replace_state, keep(Kind)}, Message}.

failure({ok, ok}) -> [];
failure(gone) -> [];
failure(silent) -> [timeout];
failure({ok, {error, Why}}) -> [Why];
failure({ok, Other}) -> [Other].

%% Gives those that are held the states back that they had.
-spec restore(held()) -> ok.
restore(Held) -> send([{Pid, {replace_state, put_back(Kind)}} || {Pid, Kind} <- kinds(Held)]).

-spec forget(held()) -> ok.
forget(Held) -> send([{Pid, {replace_state, forgotten(Kind)}} || {Pid, Kind} <- kinds(Held)]).

%% Answers those that do not show that they go on: they will when they come to what waits for them.
-spec resume(held()) -> [pid()].
resume(Held) -> [Pid || {Pid, silent} <- others([{Pid, Pid, resume} || Pid <- pids(Held)], ?PATIENCE)].

pids(Held) -> lists:usort([Pid || {Pid, _, _} <- Held]).
kinds(Held) -> lists:usort([{Pid, Kind} || {Pid, _, Kind} <- Held]).

%% An event manager asks once for each of its handlers.
keep(event) -> fun({Module, Id, State} = Handler) -> put({?KEPT, Module, Id}, {kept, State}), Handler end;
keep(_) -> fun(State) -> put(?KEPT, {kept, State}), State end.

put_back(event) -> fun({Module, Id, State}) -> {Module, Id, kept(erase({?KEPT, Module, Id}), State)} end;
put_back(_) -> fun(State) -> kept(erase(?KEPT), State) end.

forgotten(event) -> fun({Module, Id, _} = Handler) -> erase({?KEPT, Module, Id}), Handler end;
forgotten(_) -> fun(State) -> erase(?KEPT), State end.

kept({kept, State}, _) -> State;
kept(undefined, State) -> State.

%% The answer, which holds the state, goes to nobody.
send(Messages) ->
    From = {nobody(), make_ref()},
    [Pid ! {system, From, Message} || {Pid, Message} <- Messages],
    ok.

%% Somebody who has ended. Known once, since everybody stands still while it is asked for again.
-spec nobody() -> pid().
nobody() ->
    case get(?NOBODY) of
        undefined ->
            {Nobody, Monitor} = spawn_monitor(fun() -> ok end),
            receive {'DOWN', Monitor, process, _, _} -> put(?NOBODY, Nobody) end,
            Nobody;
        Nobody ->
            Nobody
    end.

%% All at once, in sys's protocol, and with one alias for all: what each of many costs counts, for all of them stand still.
-spec ask([{Key, pid(), term()}], timeout()) -> [{Key, {ok, term()} | gone | silent}].
ask(Requests, Timeout) -> answered(Requests, 0, lists:sort(gathered(Requests, Timeout))).

%% Those alone that do not just answer ok: mostly nobody.
others(Requests, Timeout) ->
    Answers = gathered(Requests, Timeout),
    case length(Answers) =:= length(Requests) andalso lists:all(fun({_, Answer}) -> Answer =:= ok end, Answers) of
        true -> [];
        false -> [Each || {_, Answer} = Each <- answered(Requests, 0, lists:sort(Answers)), Answer =/= {ok, ok}]
    end.

gathered(Requests, Timeout) ->
    Alias = erlang:alias([explicit_unalias]),
    Sent = send_all(Requests, [alias | Alias], {nobody(), Alias}, 0),
    Answers = collect(Alias, Sent, Requests, [], erlang:monotonic_time(millisecond) + Timeout),
    erlang:unalias(Alias),
    Answers ++ left(Alias).

send_all([{_, Pid, {ahead, First, Message}} | Requests], Alias, Nobody, Number) ->
    Pid ! {system, Nobody, First},
    Pid ! {system, {self(), [Alias | Number]}, Message},
    send_all(Requests, Alias, Nobody, Number + 1);
send_all([{_, Pid, Message} | Requests], Alias, Nobody, Number) ->
    Pid ! {system, {self(), [Alias | Number]}, Message},
    send_all(Requests, Alias, Nobody, Number + 1);
send_all([], _, _, Number) ->
    Number.

collect(_, 0, _, Answers, _) ->
    Answers;
collect(Alias, Open, Requests, Answers, Deadline) ->
    receive
        {[[alias | Alias] | Number], Answer} -> collect(Alias, Open - 1, Requests, [{Number, Answer} | Answers], Deadline)
    after ?LOOK ->
        %% Nobody tells of those that have ended: they are looked for when nothing else comes.
        Waits = lists:keymember(silent, 2, answered(Requests, 0, lists:sort(Answers))),
        case not Waits orelse erlang:monotonic_time(millisecond) >= Deadline of
            true -> Answers;
            false -> collect(Alias, Open, Requests, Answers, Deadline)
        end
    end.

%% An answer that comes after the alias has gone comes no more.
left(Alias) ->
    receive {[[alias | Alias] | Number], Answer} -> [{Number, Answer} | left(Alias)]
    after 0 -> []
    end.

answered([{Key, _, _} | Requests], Number, [{Number, Answer} | Answers]) -> [{Key, {ok, Answer}} | answered(Requests, Number + 1, Answers)];
answered([{Key, Pid, _} | Requests], Number, Answers) -> [{Key, missing(Pid)} | answered(Requests, Number + 1, Answers)];
answered([], _, _) -> [].

missing(Pid) ->
    case is_process_alive(Pid) of
        true -> silent;
        false -> gone
    end.
