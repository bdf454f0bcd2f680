%% Runs a program beside this node, for a run of hot-deploy that reaches the node through another one of its cluster: what
%% `docker exec` is for a container. The program runs as the VM's user, and has its environment.
-module(hot_deploy_port).
-export([run/2, evaluate/2, started/0]).

-type command() :: #{
    argv := [binary(), ...],
    environment := [{Name :: binary(), Value :: binary()}],
    %% Milliseconds. A program that takes longer goes on, and is not waited for any more.
    timeout := pos_integer(),
    %% Bytes of each output.
    most := pos_integer()
}.

-spec run(command(), Input :: binary()) -> {Code :: non_neg_integer(), Output :: binary(), Errors :: binary()}.
run(#{argv := [Program | Arguments], environment := Environment, timeout := Timeout, most := Most}, Input) ->
    Own = directory(),
    try
        [In, Err] = [filename:join(Own, Name) || Name <- ["in", "err"]],
        ok = file:write_file(In, Input),
        %% A port cannot close the input of its program alone, and does not tell one output from the other.
        Shell = ["-c", "in=$1 err=$2; shift 2; exec \"$@\" <\"$in\" 2>\"$err\"", "hot-deploy", In, Err, Program | Arguments],
        Port = open_port({spawn_executable, os:find_executable("sh")}, [
            {args, Shell},
            {env, [{unicode:characters_to_list(Name), unicode:characters_to_list(Value)} || {Name, Value} <- Environment]},
            binary, exit_status, use_stdio, hide
        ]),
        {Code, Output} = collect(Port, erlang:monotonic_time(millisecond) + Timeout, Most, []),
        {ok, Errors} = first(Err, Most),
        {Code, Output, Errors}
    after
        file:del_dir_r(Own)
    end.

%% Evaluates source as erl_call would, and answers what it prints.
-spec evaluate(#{}, Source :: binary()) -> {Code :: 0 | 1, Output :: binary(), Errors :: binary()}.
evaluate(_, Source) ->
    Printer = spawn_link(fun() -> print([]) end),
    group_leader(Printer, self()),
    {Code, Errors} =
        case erl_eval:eval_str(binary_to_list(<<Source/binary, "\n">>)) of
            {ok, _} -> {0, <<>>};
            {error, Why} -> {1, unicode:characters_to_binary(string:slice(Why, 0, 500))}
        end,
    Printer ! {self(), printed},
    receive {Printer, Output} -> {Code, Output, Errors} end.

%% As far as io:put_chars and io:format ask.
print(Parts) ->
    receive
        {io_request, From, As, {put_chars, _, Part}} -> From ! {io_reply, As, ok}, print([Parts, Part]);
        {io_request, From, As, {put_chars, _, M, F, A}} -> From ! {io_reply, As, ok}, print([Parts, apply(M, F, A)]);
        {io_request, From, As, _} -> From ! {io_reply, As, {error, request}}, print(Parts);
        {Asks, printed} -> Asks ! {self(), unicode:characters_to_binary(Parts)}
    end.

%% Since when this VM runs, in milliseconds since 1970.
-spec started() -> integer().
started() ->
    erlang:convert_time_unit(erlang:system_info(start_time) + erlang:time_offset(), native, millisecond).

%% One of its own, which nobody else may read: what a program reads may hold a secret.
directory() ->
    Name = ".hot-deploy-" ++ integer_to_list(rand:uniform(1 bsl 60), 36),
    Candidates = ["/dev/shm", os:getenv("TMPDIR", "/tmp"), os:getenv("HOME", "."), "."],
    Made = [Own || Candidate <- Candidates, Own <- [filename:join(Candidate, Name)], file:make_dir(Own) =:= ok],
    [Own | Spare] = case Made of [] -> throw(no_directory); _ -> Made end,
    [file:del_dir(Each) || Each <- Spare],
    ok = file:change_mode(Own, 8#700),
    Own.

collect(Port, Until, Most, Parts) ->
    receive
        {Port, {data, Part}} when byte_size(Part) =< Most ->
            collect(Port, Until, Most - byte_size(Part), [Part | Parts]);
        {Port, {data, _}} ->
            port_close(Port),
            throw(too_long);
        {Port, {exit_status, Code}} ->
            {Code, iolist_to_binary(lists:reverse(Parts))}
    after max(0, Until - erlang:monotonic_time(millisecond)) ->
        port_close(Port),
        throw(timeout)
    end.

first(File, Most) ->
    {ok, Device} = file:open(File, [read, raw, binary]),
    try file:read(Device, Most) of
        eof -> {ok, <<>>};
        Read -> Read
    after
        file:close(Device)
    end.
