%% What stands in a node's tables and persistent terms, for comparing two boots with each other and with a node that was
%% upgraded. Only for nodes that serve nobody: tables are copied, and private ones are read inside their owners.
-module(hot_deploy_contents).
-export([read/1]).

%% Rows and bytes of one table, and bytes of all.
-define(ROWS, 10000).
-define(BYTES, 8 * 1024 * 1024).
-define(PATIENCE, 1000).
%% What they keep is about the VM.
-define(PLATFORM, [kernel, stdlib, sasl, elixir, logger, compiler, undefined]).
%% Characters of a key that is worth telling.
-define(KEY, 60).

%% Tables by the place of their owner in the supervision tree, their name, and their number among those alike. Values are
%% fingerprints, and pids are the places of their processes.
-spec read(#{salt := binary(), _ => _}) -> hot_deploy_json:json().
read(#{salt := Salt}) ->
    Places = places(),
    Secrets = [list_to_binary(Value) || Value <- values(), length(Value) > 3],
    Row = fun(Key, Term) -> row(Key, Term, Places, Salt, Secrets) end,
    {Tables, Skipped, _} = lists:foldl(
        fun({Table, Label}, {Read, Left, Bytes}) ->
            Size = bytes(Table),
            case Size =< ?BYTES andalso Bytes + Size =< 2 * ?BYTES andalso ets:info(Table, size) =< ?ROWS andalso rows(Table) of
                Rows when is_list(Rows) ->
                    Position = ets:info(Table, keypos),
                    Told = [Row(element(Position, Each), Each) || is_integer(Position), Each <- Rows],
                    {[#{table => Label, rows => lists:sort(Told)} | Read], Left, Bytes + Size};
                false ->
                    {Read, [Label | Left], Bytes}
            end
        end, {[], [], 0}, labelled(Places)),
    Terms = [Row(Key, {Key, Value}) || {Key, Value} <- persistent_term:get(), not platform_key(Key)],
    #{
        tables => [#{table => <<"persistent terms">>, rows => lists:sort(Terms)} | lists:reverse(Tables)],
        skipped => lists:reverse(Skipped)
    }.

values() -> [Value || Entry <- os:getenv(), [_, Value] <- [string:split(Entry, "=")]].

platform_key(Key) when is_atom(Key) -> lists:member(Key, [rex_nodes_observer, code_server]) orelse platform_name(atom_to_list(Key));
platform_key(Key) when is_tuple(Key), tuple_size(Key) > 0 -> platform_key(element(1, Key));
platform_key(_) -> false.

platform_name(Name) -> lists:any(fun(Prefix) -> lists:prefix(Prefix, Name) end, ["logger", "hot_deploy", "$otp", "prim_"]).

bytes(Table) ->
    case ets:info(Table, memory) of
        Words when is_integer(Words) -> Words * erlang:system_info(wordsize);
        undefined -> 0
    end.

%% Those of applications that are no part of the platform, each with a name of its own.
labelled(Places) ->
    Labels = [{Table, label(Table, Owner, Places)}
              || Table <- ets:all(), Owner <- [ets:info(Table, owner)], is_pid(Owner), is_own(Owner)],
    {Numbered, _} = lists:mapfoldl(
        fun({Table, Label}, Seen) ->
            Number = maps:get(Label, Seen, 0) + 1,
            {{Table, case Number of 1 -> Label; _ -> <<Label/binary, " #", (integer_to_binary(Number))/binary>> end},
             Seen#{Label => Number}}
        end, #{}, Labels),
    Numbered.

is_own(Owner) ->
    Application = case application:get_application(Owner) of {ok, Name} -> Name; undefined -> undefined end,
    not lists:member(Application, ?PLATFORM).

label(Table, Owner, Places) ->
    Place = maps:get(Owner, Places, owner(Owner)),
    <<Place/binary, ": ", (text(io_lib:format("~0tp", [ets:info(Table, name)])))/binary>>.

owner(Owner) ->
    case {process_info(Owner, registered_name), application:get_application(Owner)} of
        {{registered_name, Name}, _} -> atom_to_binary(Name);
        {_, {ok, Application}} -> atom_to_binary(Application);
        _ -> <<"nobody">>
    end.

%% A private table lets its owner alone look.
rows(Table) ->
    try
        case ets:info(Table, protection) of
            private -> inside(ets:info(Table, owner), Table);
            undefined -> false;
            _ -> ets:tab2list(Table)
        end
    catch
        _:_ -> false
    end.

inside(Owner, Table) ->
    Parent = self(),
    Reference = make_ref(),
    sys:replace_state(Owner, fun(State) -> Parent ! {Reference, ets:tab2list(Table)}, State end, ?PATIENCE),
    receive {Reference, Rows} -> Rows after ?PATIENCE -> false end.

row(Key, Term, Places, Salt, Secrets) ->
    Row = #{row => hot_deploy_term:sketch(placed(Term, Places), Salt)},
    case told(Key, Secrets) of
        none -> Row;
        Text -> Row#{key => Text}
    end.

%% A key that says what the row is about, and none that could be a secret.
told(Key, Secrets) ->
    Text = text(io_lib:format("~0tp", [hot_deploy_term:stable(Key)])),
    Known = lists:any(fun(Secret) -> binary:match(Text, Secret) =/= nomatch end, Secrets),
    case string:length(Text) =< ?KEY andalso not Known of
        true -> Text;
        false -> none
    end.

placed(Pid, Places) when is_pid(Pid) -> {'<pid>', maps:get(Pid, Places, <<>>)};
placed([Head | Tail], Places) -> [placed(Head, Places) | placed(Tail, Places)];
placed(Tuple, Places) when is_tuple(Tuple) -> list_to_tuple([placed(Element, Places) || Element <- tuple_to_list(Tuple)]);
placed(Map, Places) when is_map(Map) -> maps:from_list(placed(maps:to_list(Map), Places));
placed(Term, _) -> Term.

places() ->
    maps:from_list(lists:append([below(atom_to_binary(Application), Top) || {Application, Top} <- maps:to_list(hot_deploy_tree:walk(all))])).

below(Place, #{at := Pid, type := dynamic}) when is_pid(Pid) ->
    [{Pid, Place} | [{Child, <<Place/binary, "/*">>} || {_, Child, _, _} <- hot_deploy_facts:children(Pid), is_pid(Child)]];
below(Place, #{at := Pid} = Node) when is_pid(Pid) ->
    [{Pid, Place} | lists:append([below(<<Place/binary, "/", (maps:get(id, Child))/binary>>, Child) || Child <- maps:get(children, Node, [])])];
below(_, _) ->
    [].

text(Characters) -> unicode:characters_to_binary(Characters).
